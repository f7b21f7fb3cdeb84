# The commands of the house. Each makes .venv first, from requirements whose every file is pinned by hash.
PYTHON ?= python3
RUN := .venv/bin/

.PHONY: demo install test check chaos manifest docs train lock clean
.DEFAULT_GOAL := demo

demo: .venv/.base ## A small community and its moderators' queue, in your browser
	$(RUN)lightkeeper demo $(ARGS)

install: .venv/.base ## What `.venv/bin/lightkeeper` needs, and nothing for development

test: .venv/.dev ## Every test that this machine can run; skipped ones say why
	$(RUN)pytest $(ARGS)

check: .venv/.dev ## Style, types and the walls between the rooms
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	$(RUN)lint-imports --no-logo

chaos: .venv/.dev ## A hundred kills of real processes, and ten thousand random interleavings of people, timers and crashes
	LIGHTKEEPER_KILLS=100 $(RUN)pytest -m chaos $(ARGS)
	LIGHTKEEPER_INTERLEAVINGS=10000 $(RUN)pytest tests/core/test_interleavings.py $(ARGS)

manifest: .venv/.base ## The hashes of lexicons and models, after a change on purpose
	$(RUN)python -m bots.assets

docs: .venv/.base ## The pages that are written from the code
	$(RUN)python -m config.reference docs

train: .venv/.training ## The toxicity model anew, from ../shared/data, and its figures; about 40 minutes
	$(RUN)python -m training.toxicity $(ARGS)
	$(RUN)python -m bots.assets
	$(RUN)python -m training.measure_toxicity

COMPILE := $(RUN)uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: .venv/.dev ## The newest versions that pyproject.toml allows
	$(COMPILE) --group build -o requirements/build.txt
	$(COMPILE) --extra postgres pyproject.toml -o requirements/base.txt
	$(COMPILE) --group dev pyproject.toml -c requirements/base.txt -o requirements/dev.txt
	$(COMPILE) --group training pyproject.toml -c requirements/base.txt -o requirements/training.txt

clean:
	rm -rf .venv build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Lightkeeper needs Python 3.11 or newer; name it with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.base: .venv/bin/python pyproject.toml requirements/build.txt requirements/base.txt
	$(RUN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/base.txt
	$(RUN)python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.base requirements/dev.txt
	$(RUN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.detoxify: .venv/.base requirements/detoxify.txt
	$(RUN)python -m pip install --quiet --disable-pip-version-check -r requirements/detoxify.txt
	@touch $@

.venv/.training: .venv/.base requirements/training.txt
	$(RUN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/training.txt
	@touch $@

# Lightkeeper in a container: no build tools, no root, nothing written outside /data and /tmp.
# Builds for amd64 and arm64: every pinned requirement has a wheel for both, and only wheels are taken.

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY requirements/build.txt requirements/base.txt requirements/
RUN python -m venv /build && /build/bin/pip install --require-hashes --only-binary=:all: -r requirements/build.txt \
    && python -m venv /app && /app/bin/pip install --require-hashes --only-binary=:all: -r requirements/base.txt
COPY pyproject.toml README.md LICENSE ./
COPY bots bots
COPY core core
COPY filters filters
COPY adapters adapters
COPY config config
RUN /build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheel . \
    && /app/bin/pip install --no-deps --no-index /wheel/*.whl \
    && /app/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin lightkeeper \
    && install -d -o 10001 -g 10001 -m 700 /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 LIGHTKEEPER_LOG_FORMAT=json LIGHTKEEPER_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
# Configuration (`init` writes it here), database and key file live here. A backup of the database must not hold the
# key file: copy them apart.
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('LIGHTKEEPER_PORT', '8765') + '/livez', timeout=4)"]
ENTRYPOINT ["lightkeeper"]
CMD ["run"]

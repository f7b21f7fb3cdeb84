"""The walls between the rooms: what each may import, and what importing the plug-in names loads."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

HEAVY = (
    "sqlalchemy", "alembic", "aiosqlite", "asyncpg", "sqlite3", "starlette", "uvicorn", "jinja2", "httpx", "aiohttp",
    "discord", "telegram", "onnxruntime", "tokenizers", "torch", "transformers", "detoxify", "numpy", "structlog",
    "typer", "rich", "cryptography", "re2", "ahocorasick_rs", "babel", "pydantic_settings", "asyncio", "socket",
)  # fmt: skip


def test_importing_the_plug_in_names_loads_no_platform_database_model_or_web_library() -> None:
    program = f"import core.api, sys; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_the_plug_in_names_are_all_there() -> None:
    program = "import core.api; print(*[name for name in core.api.__all__ if not hasattr(core.api, name)])"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_every_import_contract_holds() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint_imports, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr

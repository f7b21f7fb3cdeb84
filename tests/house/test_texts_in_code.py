"""Every text that the code asks for by a literal key is in the English catalogue."""

import ast
from collections.abc import Iterator
from pathlib import Path

from config.texts.catalogue import read_files

ROOT = Path(__file__).parents[2]
PACKAGES = ("bots", "core", "filters", "adapters", "config")


def _asked_for() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                    for keyword in node.keywords:
                        if keyword.arg == "key" and isinstance(keyword.value, ast.Constant):
                            yield str(keyword.value.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_literal_key_has_an_english_text() -> None:
    english = {key for each in read_files() if each.locale == "en" for key in each.forms}
    asked_for = list(_asked_for())
    assert len(asked_for) > 5
    assert [f"{where}: {key}" for key, where in asked_for if key not in english] == []

"""Every log line of ours has a constant name and only listed keys, so that nothing is lost to the filter by mistake."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bots.logging import KEYS, NAME, OUR_PACKAGES

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
LOGGERS = {"log", "_log", "logger", "_logger"}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for package in OUR_PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                owner = node.func.value
                name = (
                    owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
                )
                if node.func.attr in LEVELS and name in LOGGERS:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_log_line_has_a_constant_name_and_only_listed_keys() -> None:
    calls = list(_calls())
    assert calls
    for where, call in calls:
        assert len(call.args) == 1, f"{where}: a name and keywords only"
        name = call.args[0]
        assert isinstance(name, ast.Constant), f"{where}: the name is a constant"
        assert NAME.fullmatch(str(name.value)), f"{where}: a name such as case_opened"
        assert {keyword.arg for keyword in call.keywords} <= KEYS | {"exc_info"}, f"{where}: a key that is not listed"

"""Logging that waits: nothing is loaded before the first line, and nothing is told that later lines wouldn't tell."""

import json
import subprocess
import sys

import pytest

CANARY = "synthetic words of a member"
START = "import logging, sys, threading, warnings\nfrom bots.first_line import configure_logging_at_first_line\n"


def lines_of(script: str) -> list[dict[str, object]]:
    """What a process logs that waits for its first line and then runs `script`."""
    script = f"{START}configure_logging_at_first_line()\nassert 'structlog' not in sys.modules\n{script}\n"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.stdout == ""
    return [json.loads(line) for line in ended.stderr.splitlines()]


@pytest.mark.parametrize(
    ("script", "event"),
    [
        (f"logging.getLogger('library').warning({CANARY!r})", "library_log"),
        (f"warnings.warn({CANARY!r})", "library_log"),
        (f"raise ValueError({CANARY!r})", "crashed"),
        (f"threading.Thread(target=lambda: int({CANARY!r})).start()", "thread_crashed"),
        (f"class Broken:\n    def __del__(self): raise ValueError({CANARY!r})\nBroken()", "could_not_raise"),
    ],
)
def test_the_first_line_is_told_once_and_without_anybodys_words(script: str, event: str) -> None:
    lines = lines_of(script)
    assert [line["event"] for line in lines] == [event]
    assert CANARY not in json.dumps(lines)


def test_later_lines_are_told_like_the_first() -> None:
    lines = lines_of("for _ in range(3): logging.getLogger('library').error('said')")
    assert [(line["event"], line["level"]) for line in lines] == [("library_log", "error")] * 3


def test_what_is_not_worth_a_line_loads_nothing() -> None:
    assert lines_of("logging.getLogger('library').info('said')\nassert 'structlog' not in sys.modules") == []

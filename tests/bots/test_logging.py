"""What reaches a log: listed keys, plain values, and never a word of a message (the canary)."""

import asyncio
import io
import json
import logging
import sqlite3
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bots.logging import WITHHELD, configure_logging

CANARY = "canary in a coal mine"


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = True
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    structlog.reset_defaults()


def _json_log() -> tuple[io.StringIO, Any]:
    stream = io.StringIO()
    configure_logging("json", "info", stream)
    return stream, structlog.stdlib.get_logger("core.flow.engine")


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    assert "canary" not in stream.getvalue()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_carries_its_name_its_level_its_place_its_time_and_listed_facts() -> None:
    stream, log = _json_log()
    log.info("case_opened", case_id="c-1", count=3)
    (line,) = _lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "case_opened", "level": "info", "logger": "core.flow.engine", "case_id": "c-1", "count": 3}


def test_a_key_that_is_not_listed_is_dropped() -> None:
    stream, log = _json_log()
    log.info("case_opened", text=CANARY, message=CANARY, excerpt="canary")
    (line,) = _lines(stream)
    assert {"text", "message", "excerpt"}.isdisjoint(line)


def test_a_listed_key_takes_no_sentence_and_no_object() -> None:
    stream, log = _json_log()
    log.info("case_opened", case_id=CANARY, channel=[CANARY], kind={"a": CANARY}, error=CANARY, frames=[CANARY])
    (line,) = _lines(stream)
    assert {line[key] for key in ("case_id", "channel", "kind", "error", "frames")} == {WITHHELD}


def test_a_sentence_is_no_name_for_a_line() -> None:
    stream, log = _json_log()
    log.info(f"saw {CANARY}")
    log.info("saw %s", CANARY)
    assert [line["event"] for line in _lines(stream)] == [WITHHELD, WITHHELD]


def test_of_an_exception_only_type_code_and_our_frames_stay() -> None:
    stream, log = _json_log()
    try:
        try:
            raise sqlite3.IntegrityError(f"near: {CANARY}")
        except sqlite3.IntegrityError as error:
            raise ValueError(CANARY) from error
    except ValueError:
        log.exception("commit_failed")
    (line,) = _lines(stream)
    assert line["error"] == "builtins.ValueError < sqlite3.IntegrityError"
    assert line["frames"] == []


def test_frames_of_our_packages_are_named_without_their_values() -> None:
    stream, log = _json_log()
    try:
        configure_logging("json", CANARY, stream)
    except ValueError as error:
        log.error("not_configured", exc_info=error)
    (line,) = _lines(stream)
    assert any(frame.startswith("bots.logging:") and frame.endswith(" configure_logging") for frame in line["frames"])


def test_the_code_of_a_full_disk_is_told() -> None:
    stream, log = _json_log()
    log.error("commit_failed", exc_info=OSError(28, CANARY))
    assert _lines(stream)[0]["code"] == "ENOSPC"


def test_every_member_of_an_exception_group_is_named() -> None:
    stream, log = _json_log()
    log.error("stopped", exc_info=ExceptionGroup(CANARY, [KeyError(CANARY), TypeError(CANARY)]))
    assert _lines(stream)[0]["error"] == "builtins.ExceptionGroup < builtins.KeyError < builtins.TypeError"


def test_an_exception_that_is_its_own_cause_ends() -> None:
    stream, log = _json_log()
    first, second = ValueError(CANARY), KeyError(CANARY)
    first.__cause__, second.__cause__ = second, first
    log.error("stopped", exc_info=first)
    assert _lines(stream)[0]["error"] == "builtins.ValueError < builtins.KeyError"


def test_a_library_is_quoted_by_place_only() -> None:
    stream, _ = _json_log()
    logging.getLogger("sqlalchemy.engine").warning(f"parameters: {CANARY}")
    logging.getLogger("uvicorn.error").warning("request %s", CANARY, extra={"case_id": "canary"})
    for line in _lines(stream):
        assert line["event"] == "library_log"
        assert line["module"] == "test_logging"
    assert [line["logger"] for line in _lines(stream)] == ["sqlalchemy.engine", "uvicorn.error"]


def test_a_library_line_that_cannot_be_formatted_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    stream, _ = _json_log()
    logging.getLogger("library").warning("%d", CANARY)
    _lines(stream)
    assert "canary" not in capsys.readouterr().err


def test_a_task_whose_exception_nobody_awaits_is_logged_without_words() -> None:
    stream, _ = _json_log()

    async def abandon() -> None:
        asyncio.get_running_loop().call_exception_handler({"message": CANARY, "exception": ValueError(CANARY)})

    asyncio.run(abandon())
    (line,) = _lines(stream)
    assert (line["logger"], line["error"]) == ("asyncio", "builtins.ValueError")


def test_a_crash_goes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    stream, _ = _json_log()

    def fail() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    sys.excepthook(ValueError, ValueError(CANARY), None)
    assert [line["event"] for line in _lines(stream)] == ["thread_crashed", "crashed"]
    assert "canary" not in capsys.readouterr().err


def test_a_warning_goes_the_same_way() -> None:
    stream, _ = _json_log()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(CANARY, stacklevel=1)
        logging.captureWarnings(False)
    assert [line["logger"] for line in _lines(stream)] == ["py.warnings"]


def test_lines_below_the_level_are_not_written() -> None:
    stream, log = _json_log()
    log.debug("looked")
    assert _lines(stream) == []


def test_people_get_lines_to_read_and_no_colours_in_a_file() -> None:
    stream = io.StringIO()
    configure_logging("console", "info", stream)
    structlog.stdlib.get_logger("bots").info("started", port=8765, text=CANARY)
    line = stream.getvalue()
    assert "started" in line
    assert "port=8765" in line
    assert "\x1b" not in line
    assert "canary" not in line


def test_auto_means_json_where_nobody_watches() -> None:
    stream = io.StringIO()
    configure_logging("auto", "info", stream)
    structlog.stdlib.get_logger("bots").info("started")
    assert _lines(stream)[0]["event"] == "started"

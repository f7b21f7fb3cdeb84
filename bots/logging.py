"""Logging that can't give a message away: only listed keys, only short values, no exception's words.

Everything ends in one place, whether it was logged with structlog, by a library through `logging`, by a crash or as a
warning. A line has a name (`case_opened`), not a sentence, and facts under keys of `KEYS`. A library's own words may
quote what it worked on (SQL parameters, a request's body), so its line says only which library, module and line
spoke. Of an exception the type, a code and the frames of our own packages stay; its message and the values in its
frames do not. People read it on standard error in a terminal; machines get JSON.
"""

import errno
import logging
import re
import sqlite3
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

OUR_PACKAGES = frozenset({"bots", "core", "filters", "adapters", "config"})

KEYS = frozenset(
    {
        # what every line has
        "event", "level", "logger", "timestamp",
        # of a library's line
        "module", "line",
        # of an exception
        "error", "code", "frames",
        # whom and what it is about, as ids and words of closed vocabularies
        "action", "adapter", "case_id", "category", "channel", "community", "concern", "filter", "key", "kind", "lane",
        "outcome", "permission", "platform", "state", "timer", "verb",
        # figures
        "after_s", "attempts", "backlog", "count", "duration_ms", "events", "keys", "late_s", "per_s", "pid", "port",
        "seq", "total",
        # the process
        "database", "host", "locale", "policy", "preset", "schema", "setting", "version",
    }
)  # fmt: skip
"""The only keys that reach a log."""

NAME = re.compile(r"[a-z][a-z0-9]*(?:[._][a-z0-9]+)*")
"""What a line may be called."""

TOKEN = re.compile(r"[\w.:@/+\-]{1,128}", re.ASCII)
"""What a text value may look like: an id or a word of a vocabulary, never a sentence."""

WITHHELD = "[withheld]"
MAX_FRAMES = 12
MAX_ERRORS = 8

LogFormat = Literal["auto", "console", "json"]


def configure_logging(log_format: LogFormat = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Routes structlog, `logging`, warnings and uncaught exceptions to `stream` (standard error).

    Called once by every process, before anything else starts.
    """
    stream = stream or sys.stderr
    is_console = log_format == "console" or (log_format == "auto" and stream.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if is_console
        else structlog.processors.JSONRenderer(ensure_ascii=True)
    )
    shared: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, only_where_a_library_spoke],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            only_listed_keys,
            describe_exception,
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(lambda record: is_worth_a_line(record, level))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.raiseExceptions = False  # its report of a line that can't be formatted prints the line's arguments
    logging.captureWarnings(True)
    _route_crashes()


def is_worth_a_line(record: logging.LogRecord, level: str) -> bool:
    """Our own lines always; a library's, of which only the place is told, from warnings on or when debugging."""
    is_ours = isinstance(record.msg, dict)
    return is_ours or level == "debug" or record.levelno >= logging.WARNING


def only_where_a_library_spoke(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replaces the words of a line that came through `logging` by the place that said them."""
    record: logging.LogRecord = event["_record"]
    event["event"] = "library_log"
    event["module"] = record.module
    event["line"] = record.lineno
    if record.exc_info:
        event["exc_info"] = record.exc_info
    return event


def only_listed_keys(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Drops keys that are not in `KEYS`, and withholds values that could be somebody's words."""
    name = event.get("event")
    kept: EventDict = {"event": name if isinstance(name, str) and NAME.fullmatch(name) else WITHHELD}
    for key in sorted((KEYS - {"event"}) & event.keys()):
        kept[key] = event[key] if _is_plain(event[key]) else WITHHELD
    if "exc_info" in event:
        kept["exc_info"] = event["exc_info"]
    return kept


def describe_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replaces `exc_info` by type, code and our own frames, of the exception and of those behind it."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple):
        raised = raised[1]
    if isinstance(raised, BaseException):
        errors = list(_behind(raised, set()))[:MAX_ERRORS]
        event["error"] = " < ".join(f"{type(error).__module__}.{type(error).__qualname__}" for error in errors)
        event["frames"] = [frame for error in errors for frame in _our_frames(error)][-MAX_FRAMES:]
        if code := next(filter(None, map(_code, errors)), ""):
            event["code"] = code
    return event


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and bool(TOKEN.fullmatch(value)))


def _behind(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    """The exception, then its causes and, for a group, its members; each once."""
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _behind(member, seen)
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        yield from _behind(behind, seen)


def _our_frames(error: BaseException) -> Iterator[str]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in OUR_PACKAGES:
            yield f"{module}:{line} {frame.f_code.co_name}"


def _code(error: BaseException) -> str:
    """The short code that operating system or database give: `ENOSPC`, `SQLITE_FULL`, `23505`."""
    if isinstance(error, sqlite3.Error):
        code: object = getattr(error, "sqlite_errorname", "")
    elif isinstance(error, OSError):
        code = errno.errorcode.get(error.errno or 0, "")
    else:
        code = getattr(error, "sqlstate", "")
    return code if isinstance(code, str) and TOKEN.fullmatch(code) else ""


def _route_crashes() -> None:
    log = structlog.stdlib.get_logger("lightkeeper")

    def on_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("crashed", exc_info=error)

    def on_thread_crash(args: threading.ExceptHookArgs) -> None:
        log.critical("thread_crashed", exc_info=args.exc_value)

    def on_unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("could_not_raise", exc_info=args.exc_value)

    sys.excepthook = on_crash
    threading.excepthook = on_thread_crash
    sys.unraisablehook = on_unraisable

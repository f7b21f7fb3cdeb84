"""Logging that waits for the first line: a command that usually has nothing to log starts without loading it.

Until then nothing else changes: a line, a warning or a crash is what loads and configures logging, and is then told by
`bots.logging` like any later one. Only for commands that log through nothing but `logging` before that.
"""

import logging
import sys
import threading
from types import TracebackType


def configure_logging_at_first_line() -> None:
    """Stands in for `configure_logging()` with its defaults."""
    logging.getLogger().handlers[:] = [_Waiting()]
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    sys.excepthook = _on_crash
    threading.excepthook = _on_thread_crash
    sys.unraisablehook = _on_unraisable


class _Waiting(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _configure()
        logging.getLogger().handle(record)


def _configure() -> None:
    from bots.logging import configure_logging

    configure_logging()


def _on_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _configure()
    sys.excepthook(kind, error, trace)


def _on_thread_crash(args: threading.ExceptHookArgs) -> None:
    _configure()
    threading.excepthook(args)


def _on_unraisable(args: "sys.UnraisableHookArgs") -> None:
    _configure()
    sys.unraisablehook(args)

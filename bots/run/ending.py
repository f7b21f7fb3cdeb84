"""Ending in time: signals ask for the end, again for haste, and whatever happens the process is gone after a while.

A thread of its own hears the signals, so that also a loop that hangs is ended. Killed at any moment nothing is lost:
intake, outbox and timers are on disk.
"""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

LIMIT_S = 19.0
"""After this long the process ends itself: whoever asked it to end waits 20 seconds."""

LATE = 70
"""The exit code then; `EX_SOFTWARE` of sysexits."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_at_signals(on_signal: Callable[[], None], limit_s: float = LIMIT_S) -> None:
    """Call `on_signal` in the running loop at every SIGINT and SIGTERM; the first starts the clock.

    There is no way back: only for a process that ends with this loop.
    """
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(theirs.detach(), warn_on_full_buffer=False)
    loop = asyncio.get_running_loop()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop has ended, the process not yet
            loop.call_soon_threadsafe(on_signal)

    threading.Thread(target=_watch, args=(ours, tell, limit_s), name="ending", daemon=True).start()


def _watch(signals: socket.socket, tell: Callable[[], None], limit_s: float) -> None:
    ends_at: float | None = None
    while True:
        signals.settimeout(None if ends_at is None else max(0.01, ends_at - time.monotonic()))
        try:
            heard = signals.recv(64)
        except TimeoutError:
            os.write(2, f"lightkeeper: not ended {limit_s:.0f} seconds after it was asked to; ended now\n".encode())
            os._exit(LATE)
        for _ in filter(SIGNALS.__contains__, heard):
            ends_at = ends_at or time.monotonic() + limit_s
            tell()

"""Being asked to end: once, and told to whoever has to let go for it, such as streams that never end by themselves."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.console.feed import Feed
from adapters.console.sources import Stop, Tell


class Ending:
    """Whether the process was asked to end."""

    def __init__(self) -> None:
        self.is_asked = False
        self._feed = Feed()

    def ask(self) -> None:
        """Ask for it; asking again changes nothing."""
        if not self.is_asked:
            self.is_asked = True
            self._feed.tell("end")

    def listen(self, listener: Tell) -> Stop:
        """Hear of it."""
        return self._feed.listen(listener)


@contextmanager
def ending_at_signals() -> Iterator[Ending]:
    """SIGINT and SIGTERM do nothing but ask for the end until the block is left.

    What was begun is so brought to its end and closed in order, however early or often somebody asks.
    """
    ending, loop = Ending(), asyncio.get_running_loop()
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, ending.ask)
    try:
        yield ending
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)

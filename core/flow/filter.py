"""The contract of a filter: a pure function over a batch of messages, each with its context.

A filter does no I/O, reads no clock and keeps nothing between calls: the same batch gives the same verdicts. Whatever
it needs (lexicon bytes, a model) is handed to its constructor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.model.finding import Category, Verdict
from core.model.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message with what was said before it.

    Attributes:
        message: The message to judge.
        before: Earlier messages of the same channel, oldest first: at most 50, at most 30 minutes old, of every
            author. Empty after a restart.
        elsewhere: What was said in other channels of the community in the last two minutes, oldest first: at most 30.
    """

    message: Message
    before: tuple[Message, ...] = ()
    elsewhere: tuple[Message, ...] = ()


class Filter(Protocol):
    """Judges messages.

    Attributes:
        name: Unique, lower case, stable: it stands in findings, policies and metrics.
        version: Changes whenever verdicts may change.
        categories: What it can find. A failure of a filter that covers crisis shields the message (promise 3).
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def categories(self) -> frozenset[Category]: ...

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        """One verdict for each message of the batch, in its order.

        Raising is allowed: screening turns it into a failed check for the message that caused it.
        """
        ...

"""A chat log as the demo's platform says it: any export that can be read, its members and channels renamed.

What a log's people and channels are called never meets the demo's own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from adapters.exports.entry import Entry, Leftovers, Problem, Timing
from adapters.exports.opening import ExportFile
from adapters.local.platform import Spoken
from core.model.message import Author, Channel, ChannelId, MemberId

Complain = Callable[[Problem], None]


class LogFile:
    """One open log; iterate over it once, and ask `share` how far it was read."""

    def __init__(self, path: Path, complain: Complain) -> None:
        """`complain` is told of what can't be used. Raises: `OSError`, `ConfigurationRefused` for what is no log."""
        self._export = ExportFile(path, Leftovers(on_problem=complain))

    def close(self) -> None:
        """Let the file go."""
        self._export.close()

    @property
    def share(self) -> float:
        """0 to 1: how much of the file was read."""
        return self._export.share

    def __iter__(self) -> Iterator[Spoken]:
        return map(_spoken, self._export)


def _spoken(entry: Entry) -> Spoken:
    message = entry.message
    answered = message.reply_to_author
    return Spoken(
        author=Author(id=_member(message.author.id), name=message.author.name),
        channel=Channel(id=ChannelId(f"log:{message.channel.id}"), name=message.channel.name),
        text=message.text,
        sent_at=None if entry.timing is Timing.NONE else message.sent_at,
        quoted=message.quoted,
        reply_to_author=_member(answered) if answered else None,
        mentions=tuple(map(_member, message.mentions)),
    )


def _member(member: MemberId) -> MemberId:
    return MemberId(f"log:{member}")

"""Private talks on the local platform: a channel each, for one member and the people of a case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.model.card import Text
from core.model.event import Event, MessageDeleted, MessageWritten
from core.model.message import Channel, ChannelId, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A channel that only its people see; what is said in it goes to no filter.

    Attributes:
        notice: What stands at its beginning, for the member.
    """

    receipt: str
    channel: Channel
    member: MemberId
    people: frozenset[MemberId]
    notice: Text | None = None

    def is_open_to(self, member: MemberId) -> bool:
        """Whether this person may read and write in it."""
        return member == self.member or member in self.people


class Talks:
    """The talks that are open, by the receipt of their opening."""

    def __init__(self) -> None:
        self._open: dict[str, Talk] = {}

    def open(self, receipt: str, member: str, people: Collection[str], notice: Text | None = None) -> None:
        """Open a talk; the same receipt again is the same talk."""
        self._open[receipt] = Talk(
            receipt=receipt,
            channel=Channel(id=ChannelId(f"talk-{receipt}"), name="private talk"),
            member=MemberId(member),
            people=frozenset(MemberId(each) for each in people if each),
            notice=notice,
        )

    def close(self, receipt: str) -> None:
        """Close a talk; one that is closed stays so."""
        self._open.pop(receipt, None)

    def in_channel(self, channel: ChannelId) -> Talk | None:
        """The open talk whose channel this is."""
        return next((talk for talk in self._open.values() if talk.channel.id == channel), None)

    def of(self, member: MemberId) -> Sequence[Talk]:
        """The open talks that this person takes part in."""
        return [talk for talk in self._open.values() if talk.is_open_to(member)]

    def all(self) -> frozenset[tuple[str, MemberId]]:
        """Every open talk as its receipt and member."""
        return frozenset((talk.receipt, talk.member) for talk in self._open.values())


def is_talk(channel: ChannelId) -> bool:
    """Whether a channel is one of a talk, open or closed."""
    return channel.startswith("talk-")


def is_private(event: Event) -> bool:
    """Whether an event belongs to a talk."""
    match event:
        case MessageWritten():
            return is_talk(event.message.channel.id)
        case MessageDeleted():
            return is_talk(event.channel.id)
        case _:
            return False

"""Windows over conversations: what was said in a channel, and in the rest of its community, shortly before a message.

Windows are fed in the order of the intake, before messages are batched, and live in memory only: after a restart they
are empty, and the demo and docs say so. Time is the messages' own, so a backtest sees the same windows.
"""

from collections import OrderedDict, deque
from dataclasses import replace
from datetime import timedelta

from core.flow.filter import Seen
from core.model.message import ChannelId, CommunityId, MemberId, Message, MessageId

WINDOW_MESSAGES = 50
WINDOW_AGE = timedelta(minutes=30)
ELSEWHERE_MESSAGES = 30
ELSEWHERE_AGE = timedelta(minutes=2)
MAX_CHANNELS = 10_000
MAX_COMMUNITIES = 1_000


class Conversations:
    """One bounded window a channel; the channel silent for longest is forgotten first."""

    def __init__(self, max_channels: int = MAX_CHANNELS) -> None:
        self._max_channels = max_channels
        self._windows: OrderedDict[tuple[CommunityId, ChannelId], deque[Message]] = OrderedDict()
        self._surroundings: OrderedDict[CommunityId, _Surroundings] = OrderedDict()

    def see(self, message: Message) -> Seen:
        """Add `message` and return it with what stands before it; a new revision takes its old place."""
        key = (message.community, message.channel.id)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = deque(maxlen=WINDOW_MESSAGES + 1)
            if len(self._windows) > self._max_channels:
                self._windows.popitem(last=False)
        else:
            self._windows.move_to_end(key)
        while window and _is_too_old(window[0], message):
            window.popleft()
        place = self._place_of(window, message)
        if place is None:
            earlier = tuple(window)[-WINDOW_MESSAGES:]
            window.append(message)
        else:
            earlier = tuple(window)[:place]
            window[place] = message
        # Messages caught up late stand among newer ones, so age is asked of each (in line: every message comes here).
        sent_at = message.sent_at
        return Seen(
            message=message,
            before=tuple([each for each in earlier if sent_at - each.sent_at <= WINDOW_AGE]),
            elsewhere=self._around(message),
        )

    def _around(self, message: Message) -> tuple[Message, ...]:
        around = self._surroundings.get(message.community)
        if around is None:
            around = self._surroundings[message.community] = _Surroundings()
            if len(self._surroundings) > MAX_COMMUNITIES:
                self._surroundings.popitem(last=False)
        else:
            self._surroundings.move_to_end(message.community)
        return around.see(message)

    def forget(self, community: CommunityId, channel: ChannelId, message_id: MessageId) -> None:
        """Take a deleted message out of its window; among what was said elsewhere it stays for its two minutes.

        Copies that are deleted as they come are still copies.
        """
        around = self._surroundings.get(community)
        if around is not None:
            around.delete(channel, message_id)
        window = self._windows.get((community, channel))
        if window is not None:
            for message in [m for m in window if m.id == message_id]:
                window.remove(message)

    def forget_all(self, community: CommunityId, member: MemberId | None) -> None:
        """Take out everything that this member has said, or the whole community where `member` is None."""
        for key in [each for each in self._windows if each[0] == community]:
            kept = deque((m for m in self._windows[key] if not is_by(m, member)), maxlen=self._windows[key].maxlen)
            self._windows[key] = kept
        around = self._surroundings.get(community)
        if around is not None:
            around.forget(member)

    @staticmethod
    def _place_of(window: deque[Message], message: Message) -> int | None:
        for place in range(len(window) - 1, -1, -1):
            if window[place].id == message.id:
                return place
        return None


class _Surroundings:
    """What was said in a community lately, in all of its channels."""

    __slots__ = ("_is_one_channel", "_said")

    def __init__(self) -> None:
        self._said: deque[tuple[Message, bool]] = deque(maxlen=WINDOW_MESSAGES + ELSEWHERE_MESSAGES)
        self._is_one_channel = True

    def see(self, message: Message) -> tuple[Message, ...]:
        """Add `message`; gives what was said in other channels, and what was deleted in its own."""
        said, channel = self._said, message.channel.id
        while said and message.sent_at - said[0][0].sent_at > ELSEWHERE_AGE:
            said.popleft()
        if not said:
            self._is_one_channel = True
        elif self._is_one_channel and said[-1][0].channel.id != channel:
            self._is_one_channel = False
        if message.edited_at is not None:
            self._take_out(channel, message.id)
        elsewhere: tuple[Message, ...] = ()
        if not self._is_one_channel:
            others = [each for each, is_gone in said if is_gone or each.channel.id != channel]
            near = [each for each in others if message.sent_at - each.sent_at <= ELSEWHERE_AGE]
            elsewhere = tuple(near[-ELSEWHERE_MESSAGES:])
        said.append((message, False))
        return elsewhere

    def delete(self, channel: ChannelId, message_id: MessageId) -> None:
        """Mark a message as deleted."""
        for place, (message, _) in enumerate(self._said):
            if _is_it(message, channel, message_id):
                self._said[place] = (message, True)
                self._is_one_channel = False

    def forget(self, member: MemberId | None) -> None:
        """Take out what this member has said, or everything."""
        self._keep([each for each in self._said if not is_by(each[0], member)])

    def _take_out(self, channel: ChannelId, message_id: MessageId) -> None:
        self._keep([each for each in self._said if not _is_it(each[0], channel, message_id)])

    def _keep(self, kept: list[tuple[Message, bool]]) -> None:
        if len(kept) < len(self._said):
            self._said.clear()
            self._said.extend(kept)


def without(seen: Seen, member: MemberId | None) -> Seen:
    """The same message in a conversation in which this member has said nothing; nobody where `member` is None."""
    return replace(
        seen,
        before=tuple(each for each in seen.before if not is_by(each, member)),
        elsewhere=tuple(each for each in seen.elsewhere if not is_by(each, member)),
    )


def is_by(message: Message, member: MemberId | None) -> bool:
    """Whether this member wrote it; everybody did where `member` is None."""
    return member is None or message.author.id == member


def _is_it(message: Message, channel: ChannelId, message_id: MessageId) -> bool:
    return message.id == message_id and message.channel.id == channel


def _is_too_old(earlier: Message, message: Message) -> bool:
    return message.sent_at - earlier.sent_at > WINDOW_AGE  # a difference overflows at no date

"""Windows over conversations: what was said in a channel shortly before a message.

Windows are fed in the order of the intake, before messages are batched, and live in memory only: after a restart they
are empty, and the demo and docs say so. Time is the messages' own, so a backtest sees the same windows.
"""

from collections import OrderedDict, deque
from datetime import timedelta

from core.flow.filter import Seen
from core.model.message import ChannelId, CommunityId, Message, MessageId

WINDOW_MESSAGES = 50
WINDOW_AGE = timedelta(minutes=30)
MAX_CHANNELS = 10_000


class Conversations:
    """One bounded window a channel; the channel silent for longest is forgotten first."""

    def __init__(self, max_channels: int = MAX_CHANNELS) -> None:
        self._max_channels = max_channels
        self._windows: OrderedDict[tuple[CommunityId, ChannelId], deque[Message]] = OrderedDict()

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
        return Seen(message=message, before=tuple([each for each in earlier if sent_at - each.sent_at <= WINDOW_AGE]))

    def forget(self, community: CommunityId, channel: ChannelId, message_id: MessageId) -> None:
        """Take a deleted message out of its window."""
        window = self._windows.get((community, channel))
        if window is not None:
            for message in [m for m in window if m.id == message_id]:
                window.remove(message)

    @staticmethod
    def _place_of(window: deque[Message], message: Message) -> int | None:
        for place in range(len(window) - 1, -1, -1):
            if window[place].id == message.id:
                return place
        return None


def _is_too_old(earlier: Message, message: Message) -> bool:
    return message.sent_at - earlier.sent_at > WINDOW_AGE  # a difference overflows at no date

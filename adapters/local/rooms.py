"""What the local platform shows: channels with their newest messages, and who was seen; bounded in every direction."""

from collections import Counter, OrderedDict
from collections.abc import Sequence

from core.model.message import Channel, ChannelId, MemberId, Message, MessageId

MESSAGES_KEPT = 300
"""Messages that a channel keeps; older ones are forgotten."""
CHANNELS_KEPT = 40
NAMES_KEPT = 10_000


class Rooms:
    """Channels and their messages; channels of a log join those given and are forgotten first."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._fixed = frozenset(channel.id for channel in channels)
        self._channels = OrderedDict((channel.id, channel) for channel in channels)
        self._messages: dict[ChannelId, OrderedDict[MessageId, Message]] = {c.id: OrderedDict() for c in channels}
        self._said: Counter[ChannelId] = Counter()
        self._names: OrderedDict[MemberId, str] = OrderedDict()

    def channels(self) -> Sequence[Channel]:
        """Every channel shown, the given ones first."""
        return tuple(self._channels.values())

    def channel(self, channel: ChannelId) -> Channel | None:
        return self._channels.get(channel)

    def is_fixed(self, channel: ChannelId) -> bool:
        """Whether this channel stays for good."""
        return channel in self._fixed

    def newest(self, channel: ChannelId, limit: int) -> Sequence[Message]:
        """The newest messages, oldest of them first; none for an unknown channel."""
        return list(self._messages.get(channel, {}).values())[-limit:]

    def message(self, message_id: MessageId) -> Message | None:
        """A message that is still there."""
        return next((messages[message_id] for messages in self._messages.values() if message_id in messages), None)

    def name_of(self, member: MemberId) -> str | None:
        """What somebody was called when they last spoke; None for somebody long unseen."""
        return self._names.get(member)

    def count(self, channel: ChannelId) -> int:
        """How many messages were said there, forgotten ones included."""
        return self._said[channel]

    def keep(self, message: Message) -> None:
        """Show a message, or its new wording in the old place."""
        channel = message.channel
        messages = self._messages.setdefault(channel.id, OrderedDict())
        self._channels.setdefault(channel.id, channel)
        self._said[channel.id] += message.id not in messages
        messages[message.id] = message
        if len(messages) > MESSAGES_KEPT:
            messages.popitem(last=False)
        if len(self._channels) > CHANNELS_KEPT:
            oldest = next(each for each in self._channels if each not in self._fixed)
            del self._channels[oldest], self._messages[oldest], self._said[oldest]
        self._names[message.author.id] = message.author.name
        self._names.move_to_end(message.author.id)
        if len(self._names) > NAMES_KEPT:
            self._names.popitem(last=False)

    def forget(self, message_id: MessageId) -> None:
        """Take a message away."""
        for messages in self._messages.values():
            messages.pop(message_id, None)

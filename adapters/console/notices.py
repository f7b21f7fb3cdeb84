"""The banner: what is wrong with the bot itself, shown to everybody at the desk until it is cleared."""

from collections import Counter
from collections.abc import Sequence

from adapters.console.feed import Feed
from core.model.card import Text

MOST = 200
"""Of more, the oldest of the commonest kind goes: nobody reads so many, and none crowds out another kind."""


class NoticeBoard:
    """Speaks the Notices port and remembers what is up, at most `MOST`."""

    def __init__(self) -> None:
        self.feed = Feed()
        self._notices: dict[str, Text] = {}

    def raise_notice(self, key: str, text: Text) -> None:
        if self._notices.get(key) != text:
            self._notices[key] = text
            if len(self._notices) > MOST:
                self._make_room()
            self.feed.tell("notices")

    def _make_room(self) -> None:
        ((commonest, _),) = Counter(text.key for text in self._notices.values()).most_common(1)
        del self._notices[next(key for key, text in self._notices.items() if text.key == commonest)]

    def clear_notice(self, key: str) -> None:
        if self._notices.pop(key, None) is not None:
            self.feed.tell("notices")

    def count(self, prefix: str = "") -> int:
        """How many notices are up whose keys begin so."""
        return sum(key.startswith(prefix) for key in self._notices)

    def is_up(self, key: str) -> bool:
        """Whether that notice is shown now."""
        return key in self._notices

    def current(self, besides: str | None = None) -> Sequence[Text]:
        """What is up now, oldest first, without those whose keys begin with `besides`."""
        return tuple(text for key, text in self._notices.items() if besides is None or not key.startswith(besides))

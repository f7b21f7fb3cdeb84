"""The banner: what is wrong with the bot itself, shown to everybody at the desk until it is cleared."""

from collections.abc import Sequence

from adapters.console.feed import Feed
from core.model.card import Text


class NoticeBoard:
    """Speaks the Notices port and remembers what is up."""

    def __init__(self) -> None:
        self.feed = Feed()
        self._notices: dict[str, Text] = {}

    def raise_notice(self, key: str, text: Text) -> None:
        if self._notices.get(key) != text:
            self._notices[key] = text
            self.feed.tell("notices")

    def clear_notice(self, key: str) -> None:
        if self._notices.pop(key, None) is not None:
            self.feed.tell("notices")

    def count(self, prefix: str = "") -> int:
        """How many notices are up whose keys begin so."""
        return sum(key.startswith(prefix) for key in self._notices)

    def is_up(self, key: str) -> bool:
        """Whether that notice is shown now."""
        return key in self._notices

    def current(self) -> Sequence[Text]:
        """What is up now, oldest first."""
        return tuple(self._notices.values())

"""The private pages that the night's people have open: what they press is shown to whoever speaks as them."""

from collections.abc import Callable

from core.model.message import MemberId
from core.model.page import Page


class OpenedPages:
    """One page a member at most, in memory."""

    def __init__(self, tell: Callable[[], None] = lambda: None) -> None:
        """`tell` is called after every change."""
        self._pages: dict[MemberId, Page] = {}
        self._tell = tell

    def page_for(self, member: MemberId) -> Page | None:
        """What that member has open now."""
        return self._pages.get(member)

    def open(self, member: MemberId, page: Page) -> None:
        """They pressed something, and this came."""
        self._pages[member] = page
        self._tell()

    def close(self, member: MemberId) -> None:
        """They closed it; nothing happens where nothing is open."""
        if self._pages.pop(member, None) is not None:
            self._tell()

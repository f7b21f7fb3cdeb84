"""Notices that are seen twice: on the console's banner by people, and in the log by whoever collects it."""

import structlog

from adapters.console.notices import NoticeBoard
from core.model.card import Text

log = structlog.get_logger()


class LoggedNotices:
    """Speaks the Notices port over a board; a line is logged when a notice comes up and when it goes."""

    def __init__(self, board: NoticeBoard) -> None:
        self._board = board

    def raise_notice(self, key: str, text: Text) -> None:
        if not self._board.is_up(key):
            log.warning("notice_raised", key=key, kind=text.key)
        self._board.raise_notice(key, text)

    def clear_notice(self, key: str) -> None:
        if self._board.is_up(key):
            log.info("notice_cleared", key=key)
        self._board.clear_notice(key)

"""Notices for offline work, where a failed filter already stands in every line of output."""

from core.model.card import Text


class SilentNotices:
    """Speaks the Notices port and tells nobody."""

    def raise_notice(self, key: str, text: Text) -> None:
        """Nothing: see the module."""

    def clear_notice(self, key: str) -> None:
        """Nothing to clear."""

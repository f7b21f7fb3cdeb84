"""A notice board that tests can read."""

from core.model.card import Text


class Noticeboard:
    """Speaks `core.ports.Notices`; `standing` is what people see now, `raised` what was ever raised."""

    def __init__(self) -> None:
        self.standing: dict[str, Text] = {}
        self.raised: list[str] = []

    def raise_notice(self, key: str, text: Text) -> None:
        self.standing[key] = text
        self.raised.append(key)

    def clear_notice(self, key: str) -> None:
        self.standing.pop(key, None)

"""An intake that breaks once, for players that have to go on."""

from collections.abc import Sequence

from adapters.local.memory_intake import MemoryIntake
from core.model.event import Event


class BrokenIntake(MemoryIntake):
    """Fails its first append in a way that nobody foresaw."""

    def __init__(self) -> None:
        super().__init__()
        self._is_broken = True

    async def append(self, events: Sequence[Event]) -> int:
        if self._is_broken:
            self._is_broken = False
            raise ValueError("not foreseen")
        return await super().append(events)

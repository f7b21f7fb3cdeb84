"""The directory from files; `Files` speaks `core.member_ports.Directory`.

What ships lies here, and can't change while the bot runs. Beside the communities file lie `resources.toml`, which
owners write, and `resources-confirmed.toml`, which `lightkeeper resources verify` writes. Both are read again when they
change. A file that is wrong changes nothing: what was last read well stays, and at a start that is what ships.
"""

from collections.abc import Sequence
from pathlib import Path

from config.refusal import SeveralRefused, refusal_of
from config.resources.reading import SHIPPED, read_confirmations, read_services, read_shipped
from config.resources.writing import OTHER_USER, write_confirmations
from config.writing import alone_in
from core.errors import ConfigurationRefused
from core.model.resource import Confirmation, DirectoryState, Service

OWN = "resources.toml"
CONFIRMED = "resources-confirmed.toml"

Stamp = tuple[int, int, int] | None
"""What tells one state of a file from another; None for one that isn't there."""


class Files:
    """The directory of one installation."""

    def __init__(self, folder: Path | None = None, *, shipped: Path = SHIPPED) -> None:
        """Reads everything. `folder` is where the communities file lies; without one there is what ships.

        Raises: `ConfigurationRefused` for what ships; owners' files that are wrong are told by `refusals`.
        """
        self._folder = folder
        self._shipped, self._retired = read_shipped(shipped)
        self._own: tuple[Service, ...] = ()
        self._confirmed: tuple[Confirmation, ...] = ()
        self._refused: dict[str, ConfigurationRefused] = {}
        self._stamps: dict[str, Stamp] = {}
        self._state = DirectoryState()
        self.reload()
        self._compose()

    def state(self) -> DirectoryState:
        return self._state

    def reload(self) -> bool:
        if self._folder is None:
            return False
        before = self._own, self._confirmed, tuple(self._refused.items())
        for name, read in ((OWN, self._read_own), (CONFIRMED, self._read_confirmed)):
            path = self._folder / name
            stamp = _stamp(path)
            if name in self._stamps and stamp == self._stamps[name]:
                continue
            self._refused.pop(name, None)
            try:
                read(path, is_there=stamp is not None)
            except ConfigurationRefused as refused:
                self._refused[name] = refused
            self._stamps[name] = stamp  # last: what could not be read at all is tried again, and never passed over
        self._compose()
        return (self._own, self._confirmed, tuple(self._refused.items())) != before

    def refusals(self) -> Sequence[ConfigurationRefused]:
        return [
            one
            for refused in self._refused.values()
            for one in (refused.refusals if isinstance(refused, SeveralRefused) else (refused,))
        ]

    def confirm(self, confirmations: Sequence[Confirmation]) -> None:
        if self._folder is None:
            raise ConfigurationRefused(CONFIRMED, "there is no folder to write it in")
        with alone_in(self._folder, OTHER_USER):
            self.reload()
            if refused := self.refusals():
                raise refusal_of(refused)
            known = {each.id for each in self._state.services}
            for each in confirmations:
                if each.service not in known:
                    raise ConfigurationRefused(each.service, "there is no such service", "`lightkeeper resources list`")
            kept = {each.service: each for each in (*self._confirmed, *confirmations) if each.service in known}
            write_confirmations(self._folder / CONFIRMED, kept.values())
            self.reload()

    def _read_own(self, path: Path, *, is_there: bool) -> None:
        self._own = read_services(path, self._retired, known=self._shipped) if is_there else ()

    def _read_confirmed(self, path: Path, *, is_there: bool) -> None:
        self._confirmed = read_confirmations(path) if is_there else ()

    def _compose(self) -> None:
        made = DirectoryState(
            services=(*self._shipped, *self._own), confirmations=self._confirmed, retired=self._retired
        )
        if made != self._state:
            self._state = made


def _stamp(path: Path) -> Stamp:
    try:
        told = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return 0, 0, 0  # reading it says why
    return told.st_mtime_ns, told.st_size, told.st_ino

"""Where a demo keeps its database, its keys and the platform's journal; one demo at a time."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adapters.store.lock import held
from core.errors import ConfigurationRefused

LOCK = "demo.lock"


@contextmanager
def demo_folder(wanted: Path | None) -> Iterator[Path]:
    """The folder that was named, made where it is missing; or a temporary one, which goes at the end.

    Raises: `ConfigurationRefused` when it can't be made or used, or while another demo uses it.
    """
    hint = "name another one with --dir"
    with ExitStack() as stack:
        folder = wanted or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lightkeeper-demo-")))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationRefused(str(folder), f"this folder can't be used: {error.strerror}", hint) from None
        stack.enter_context(held(folder / LOCK, what="another demo uses this folder", hint=hint))
        yield folder

"""The start-up check of what filters judge by: every lexicon and model has the bytes that its manifest names.

A changed lexicon stops the start; a changed model is left out and the lexicons go on (`bots/models.py`).
`python -m bots.assets` writes the manifest anew after a change on purpose (`make manifest`).
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigurationRefused

HOME = Path(__file__).resolve().parent.parent / "filters"
MANIFEST = HOME / "manifest.json"
LEXICON_SUFFIXES = frozenset({".txt"})
MODEL_SUFFIXES = frozenset({".onnx", ".npz"})
HINT = "reinstall Lightkeeper; after a change on purpose run `make manifest`"
CHANGED = "is not the file that its manifest names"


def digests(home: Path = HOME, suffixes: frozenset[str] = LEXICON_SUFFIXES | MODEL_SUFFIXES) -> dict[str, str]:
    """The SHA-256 of every lexicon and model below `home`, by path."""
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.suffix in suffixes
    }


def check_lexicons(home: Path = HOME) -> None:
    """Compare every lexicon with the manifest.

    Raises: `ConfigurationRefused` for a file that is missing, was changed, or is in no manifest.
    """
    expected = {name: digest for name, digest in _manifest(home).items() if Path(name).suffix in LEXICON_SUFFIXES}
    found = digests(home, LEXICON_SUFFIXES)
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise ConfigurationRefused(str(home / name), "is missing", HINT)
        if name not in expected:
            raise ConfigurationRefused(str(home / name), "stands in no manifest", HINT)
        if found[name] != expected[name]:
            raise ConfigurationRefused(str(home / name), CHANGED, HINT)


def checked_model(name: str, home: Path = HOME) -> str:
    """The SHA-256 of the model at `name` below `home`, which is the one that the manifest names.

    Raises: `ConfigurationRefused` for a file that is missing, can't be read, was changed, or is in no manifest.
    """
    path = home / name
    expected = _manifest(home).get(name)
    if expected is None:
        raise ConfigurationRefused(str(path), "stands in no manifest", HINT)
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise ConfigurationRefused(str(path), "is missing", HINT) from None
    except OSError as error:
        raise ConfigurationRefused(str(path), f"can't be read: {error.strerror}", HINT) from None
    if found != expected:
        raise ConfigurationRefused(str(path), CHANGED, HINT)
    return found


def _manifest(home: Path) -> Mapping[str, str]:
    path = home / "manifest.json"
    try:
        expected: Mapping[str, str] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise ConfigurationRefused(str(path), "the manifest of lexicons and models can't be read", HINT) from None
    return expected


if __name__ == "__main__":
    MANIFEST.write_text(json.dumps(digests(), indent=2) + "\n")

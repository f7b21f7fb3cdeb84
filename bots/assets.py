"""The start-up check of what filters judge by: every lexicon and model has the bytes that its manifest names.

`python -m bots.assets` writes the manifest anew after a lexicon was changed on purpose (`make manifest`).
"""

import hashlib
import json
from pathlib import Path

from core.errors import ConfigurationRefused

HOME = Path(__file__).resolve().parent.parent / "filters"
MANIFEST = HOME / "manifest.json"
SUFFIXES = frozenset({".txt", ".onnx", ".npz"})


def digests(home: Path = HOME) -> dict[str, str]:
    """The SHA-256 of every lexicon and model below `home`, by path."""
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.suffix in SUFFIXES
    }


def check_assets(home: Path = HOME) -> None:
    """Compare with the manifest.

    Raises: `ConfigurationRefused` for a file that is missing, was changed, or is in no manifest.
    """
    manifest = home / "manifest.json"
    hint = "reinstall Lightkeeper; after a change on purpose run `make manifest`"
    try:
        expected = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        raise ConfigurationRefused(str(manifest), "the manifest of lexicons and models can't be read", hint) from None
    found = digests(home)
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise ConfigurationRefused(str(home / name), "is missing", hint)
        if name not in expected:
            raise ConfigurationRefused(str(home / name), "stands in no manifest", hint)
        if found[name] != expected[name]:
            raise ConfigurationRefused(str(home / name), "is not the file that its manifest names", hint)


if __name__ == "__main__":
    MANIFEST.write_text(json.dumps(digests(), indent=2) + "\n")

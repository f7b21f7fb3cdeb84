"""The files that an operator names, read without torch: a checkpoint's bytes and a folder's configuration.

A checkpoint's bytes are compared with the SHA-256 that the operator named before anything in them is read, and they are
what is unpickled later: nobody can exchange the file in between.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ConfigurationRefused

CONFIG = "config.json"
FOLDER_HINT = "name the folder with the config.json and the tokenizer files of the model that the checkpoint comes from"


def read_checked(path: Path, sha256: str) -> bytes:
    """The file's bytes, if they have this SHA-256.

    Raises: `ConfigurationRefused` for a file that can't be read or is another one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationRefused(
            str(path), f"the checkpoint can't be read: {error.strerror}", "name a file that this user may read"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.lower():
        raise ConfigurationRefused(
            str(path),
            f"the checkpoint was not read: its SHA-256 is {found}, not the one that was named",
            "download it again; name this hash only if you exchanged the file yourself",
        )
    return content


def read_config(folder: Path) -> Mapping[str, Any]:
    """What stands in the folder's config.json.

    Raises: `ConfigurationRefused` where there is none that can be read.
    """
    path = folder / CONFIG
    try:
        config = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationRefused(str(path), f"can't be read: {error.strerror}", FOLDER_HINT) from None
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ConfigurationRefused(str(path), "is not a JSON object", FOLDER_HINT)
    return config

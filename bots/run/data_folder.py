"""The folder that holds database, keys and the console's key: made where it is missing, for its owner's eyes only."""

import os
import pwd
import secrets
from pathlib import Path

from core.errors import ConfigurationRefused

CONSOLE_KEY = "console.key"
MIN_KEY_CHARS = 32
HINT = "delete the file; the next start makes another key, and everybody has to open the console anew"


def make_data_folder(folder: Path) -> None:
    """Make the folder with mode 0700; one that is there keeps its mode.

    Raises: `ConfigurationRefused` when it can't be made or written, or belongs to somebody else.
    """
    check_user(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(folder, f"can't be made: {error.strerror}") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise _refused(folder, "this user can't write there")


def check_user(folder: Path) -> None:
    """Raises: `ConfigurationRefused` for root in another user's folder: files made there would lock that user out."""
    if os.geteuid() != 0 or not folder.exists() or not (owner := folder.stat().st_uid):
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"#{owner}"
    raise ConfigurationRefused(
        f"data folder {folder}", f"belongs to {name}, and this is root", f"begin the command with: sudo -u {name}"
    )


def console_key(folder: Path) -> str:
    """What opens the console, made at the first asking and kept with mode 0600.

    Raises: `ConfigurationRefused` when it can't be kept or read, or is too short to keep anybody out.
    """
    path = folder / CONSOLE_KEY
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            path.chmod(0o600)
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
    except OSError as error:
        raise _unusable(path, str(error.strerror)) from None
    return _read(path)


def check_console_key(folder: Path) -> None:
    """Look at what opens the console, where there is something yet; nothing is made or changed.

    Raises: `ConfigurationRefused` as `console_key`.
    """
    if (folder / CONSOLE_KEY).exists():
        _read(folder / CONSOLE_KEY)


def _read(path: Path) -> str:
    try:
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise _unusable(path, str(error.strerror)) from None
    except UnicodeDecodeError:
        raise _unusable(path, "it holds something else") from None
    if len(key) < MIN_KEY_CHARS:
        raise ConfigurationRefused(str(path), "the console's key is too short", HINT)
    return key


def _unusable(path: Path, reason: str) -> ConfigurationRefused:
    return ConfigurationRefused(str(path), f"the console's key can't be used: {reason}", HINT)


def address_of(host: str, port: int) -> str:
    """Where the console is."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def link_of(host: str, port: int, key: str) -> str:
    """What opens it: browsers send nobody what stands after `#`."""
    return f"{address_of(host, port)}enter#{key}"


def _refused(folder: Path, reason: str) -> ConfigurationRefused:
    return ConfigurationRefused(
        f"data folder {folder}", reason, "name a folder of this user in LIGHTKEEPER_DATA_DIR, or give it to this user"
    )

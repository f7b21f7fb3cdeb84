"""What lies on another computer than the one that this runs on, for members to read."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from core.model.card import Text


def kept_elsewhere(database: str) -> Sequence[Text]:
    """Says so where the database of that address is on another computer; nothing where it is on this one."""
    address = urlsplit(database)
    hosts = [each for each in (address.hostname, *parse_qs(address.query).get("host", ())) if each]
    if database.startswith("sqlite") or all(_is_this_computer(each) for each in hosts):
        return ()
    return (Text(key="privacy.leaves.database"),)


def _is_this_computer(host: str) -> bool:
    """Whether it is a socket's folder, or an address that never leaves the machine."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

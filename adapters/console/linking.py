"""What a press on a contact does: it dials, writes or opens. What is read stays the contact's own, byte for byte.

A link is made only where it is certain what it has to be: what isn't is shown as it stands, to be dialled by hand.
"""

import re
from urllib.parse import quote, urlsplit

from core.model.resource import Contact, Medium

_REMARK = re.compile(r"\s*\((?P<words>[^()]*[^\W\d_][^()]*)\)$")
"""What an operator adds behind a number, such as "(press 1)"."""

_NUMBER = re.compile(r"(?=.*[0-9].*[0-9])(?:\+[0-9 .-]+|[0-9*# .()-]+)")
"""With brackets only where no country code stands in front: a "(0)" behind one is not to be dialled."""

_KEYWORD = re.compile(r"text (?P<word>[A-Z0-9]{1,20})")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s]*)?", re.IGNORECASE)


def link_of(contact: Contact) -> str:
    """The address behind a contact; "" where it can't be told from its value what to dial or open."""
    match contact.medium:
        case Medium.CALL:
            number, _ = _number_of(contact.value)
            return f"tel:{number}" if number else ""
        case Medium.TEXT:
            number, remark = _number_of(contact.value)
            keyword = _KEYWORD.fullmatch(remark)
            if not number or (remark and not keyword):
                return ""
            return f"sms:{number}?body={keyword['word']}" if keyword else f"sms:{number}"
        case _:
            return web_address(contact.value)


def web_address(value: str) -> str:
    """The address that a value is, with its scheme; "" for what is none."""
    if _DOMAIN.fullmatch(value):
        return f"https://{value}"
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    is_whole = parts.scheme in {"https", "http"} and bool(parts.hostname) and not re.search(r"\s", value)
    return value if is_whole else ""


def _number_of(value: str) -> tuple[str, str]:
    """What to dial, as a link has it, and what stands behind it in brackets."""
    found = _REMARK.search(value)
    number, remark = (value[: found.start()], found["words"]) if found else (value, "")
    if not _NUMBER.fullmatch(number.strip()):
        return "", remark
    return quote("".join(each for each in number if each in "+*#0123456789"), safe="+*"), remark

"""What a member is shown: words as keys, services, and choices; free of any platform and any language.

A choice carries where it leads as a short opaque text, so that pages need no memory: whatever was pressed, twice or
after a restart, gives its page again, and nothing about the member is kept.
"""

from dataclasses import dataclass, field

from core.model.card import Text
from core.model.message import CommunityId, MemberId
from core.model.resource import Service

MOST_BYTES = 56
"""How long a choice's `to` can be in ASCII: the narrowest platform takes 64, and its adapter puts a mark in front."""

MOST_CHOICES = 10
"""How many choices a page has at most: more than fit a phone help nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A member who asks for something, in private.

    Attributes:
        locale: What their app is set to, "" where nobody knows: a reason to offer a language, never a country.
    """

    community: CommunityId
    member: MemberId
    locale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A service on a page; `is_open` is None where its hours are not known."""

    service: Service
    is_open: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button: it leads to the page `to`, or to the address `url`."""

    label: Text
    to: str = ""
    url: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file for the member alone, such as the export of their data."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, in the order in which it is read.

    Attributes:
        name: Which it is, such as `support.start`; for tests and pictures.
        body: Paragraphs and services.
        blank: A text to copy and fill in somewhere else, such as a safety plan; shown so that it is easily copied.
        locale: The language to render it in.
        is_draft: Its words in that language were reviewed by nobody, and it says so.
    """

    name: str
    title: Text
    body: tuple[Text | Shown, ...] = ()
    choices: tuple[Choice, ...] = ()
    blank: Text | None = None
    document: Document | None = None
    locale: str = "en"
    is_draft: bool = False

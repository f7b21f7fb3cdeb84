"""A page as paragraphs, for platforms where it is one message: what belongs together stands together."""

from collections.abc import Sequence
from dataclasses import replace

from core.care.wording import lines_of
from core.model.page import Page
from core.ports import Texts

_ANNOUNCES = ":"
_BULLET = "•"


def paragraphs_of(page: Page, texts: Texts) -> Sequence[str]:
    """The body of a page (`lines_of`) as paragraphs of lines.

    A service is one, together with the line above it where that announces it; so is a list.
    """
    parts = [replace(page, body=()), *(replace(page, is_draft=False, body=(part,)) for part in page.body)]
    paragraphs: list[list[str]] = []
    for lines in filter(None, (lines_of(part, texts) for part in parts)):
        last = paragraphs[-1][-1] if paragraphs else ""
        if last.endswith(_ANNOUNCES) or (last.startswith(_BULLET) and lines[0].startswith(_BULLET)):
            paragraphs[-1] += lines
        else:
            paragraphs.append(list(lines))
    return ["\n".join(lines) for lines in paragraphs]

"""A page for a platform that can't take members' commands and presses yet: it offers nothing that is not answered.

Choices that lead to another page are left out, and words about them give way to whom a person can write to. Links stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from core.model.card import Text
from core.model.community import Community
from core.model.message import MemberId
from core.model.page import Page

INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "post.help.more": "unanswered.help",
        "post.help.more_in_chat": "unanswered.help",
        "post.notice.optout": "unanswered.optout",
        "post.notice.privacy": "unanswered.privacy",
        "letter.support.misuse": "",
    }
)
"""Which words stand in for which; "" for none."""

PEOPLE_NAMED = 3


def without_answers(page: Page) -> Page:
    """The page with no choice but its links, and with words that hold without the others."""
    body = []
    for part in page.body:
        key = INSTEAD.get(part.key) if isinstance(part, Text) else None
        if key != "":
            body.append(Text(key=key) if key else part)
    return replace(page, body=tuple(body), choices=tuple(each for each in page.choices if each.url))


def below_letter(community: Community, people: Sequence[str]) -> Text:
    """What stands below a private page instead of its buttons; `people` are shown as the platform names them."""
    if not people:
        return Text(key="unanswered.report")
    return Text(key="unanswered.letter", params={"community": community.name, "people": ", ".join(people)})


def askable(community: Community, sender: str) -> Sequence[MemberId]:
    """Whom its receiver can write to about a message: owners, else others of the team, never who sent it."""
    owners = community.owners - {sender}
    team = (community.responders | community.moderators) - {sender}
    return sorted(owners or team)[:PEOPLE_NAMED]

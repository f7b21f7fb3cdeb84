"""Pages on platforms that can't take members' answers yet: nothing is offered that would not be answered."""

import re

import pytest

from config.texts.catalogue import Catalogue, read_files
from core.care.hidden import hidden, visible
from core.care.unanswered import INSTEAD, askable, below_letter, without_answers
from core.model.card import Text
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.page import Choice, Page
from core.model.standing import PostKind

TEXTS = Catalogue()
ENGLISH = {key: " ".join(forms) for each in read_files() if each.locale == "en" for key, forms in each.forms.items()}
SAYS_HOW = re.compile(r"/(support|resources|privacy|optout|delete-my-data|my-data)\b|\bbutton\b|\bpress\b")
SHOWN = ("post.", "letter.support.")
LABELS = re.compile(r"post\.\w+\.open\w*|letter\.support\.(open|misused|stop|again)")


def a_community(owners: str, responders: str = "") -> Community:
    return Community(
        id=CommunityId("local:harbour"),
        name="Harbour",
        alerts=ChannelId("a"),
        crisis_alerts=ChannelId("b"),
        owners=frozenset(map(MemberId, owners.split())),
        responders=frozenset(map(MemberId, responders.split())),
    )


def test_every_sentence_about_a_command_or_a_button_gives_way_to_one_that_holds() -> None:
    promising = {key for key, words in ENGLISH.items() if key.startswith(SHOWN) and SAYS_HOW.search(words)}
    assert {key for key in promising if not LABELS.fullmatch(key)} <= INSTEAD.keys()
    assert [key for key in INSTEAD.values() if key and (key not in ENGLISH or SAYS_HOW.search(ENGLISH[key]))] == []
    assert [key for key in INSTEAD if key not in ENGLISH] == []


def test_links_stay_and_other_choices_go() -> None:
    link = Choice(label=Text(key="post.help.open"), url="https://help.example")
    page = Page(
        name="post.help",
        title=Text(key="post.help.title"),
        body=(Text(key="post.help.more"), Text(key="post.help.danger"), Text(key="letter.support.misuse")),
        choices=(Choice(label=Text(key="post.help.open"), to="s.start"), link),
    )
    held = without_answers(page)
    assert held.choices == (link,)
    assert held.body == (Text(key="unanswered.help"), Text(key="post.help.danger"))
    assert without_answers(held) == held


@pytest.mark.parametrize(
    ("owners", "responders", "sender", "people"),
    [
        ("olga otto", "rita", "rita", ["olga", "otto"]),
        ("olga otto", "rita", "otto", ["olga"]),
        ("olga", "rita olga", "olga", ["rita"]),
        ("olga", "", "olga", []),
        ("a b c d e", "", "", ["a", "b", "c"]),
    ],
)
def test_whoever_sent_a_message_is_never_whom_its_reader_is_sent_to(
    owners: str, responders: str, sender: str, people: list[str]
) -> None:
    community = a_community(owners, responders)
    assert list(askable(community, sender)) == people
    words = TEXTS.render(below_letter(community, askable(community, sender)))
    assert all(each in words for each in people)
    assert people or "report it to the platform" in words


def test_marks_cant_be_seen_and_differ() -> None:
    marks = [hidden(f"lightkeeper:{kind}") for kind in PostKind]
    assert len(set(marks)) == len(marks)
    assert [visible(f"words{mark}") for mark in marks] == ["words"] * len(marks)
    assert not any(first in second for first in marks for second in marks if first != second)

"""The private panel: whose page it is, what stands in it, and that nobody else gets it; and the pinned posts."""

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import pytest

from adapters.local.platform import HARBOUR
from bots.demo.opened import OpenedPages
from core.care.members import Command
from core.errors import GaveUp, Unavailable
from core.model.action import LAWS, ActionKind
from core.model.card import Text
from core.model.case import CaseId
from core.model.message import ChannelId, MemberId
from core.model.order import Order
from core.model.page import Asker, Choice, Document, Page, Shown
from core.model.record import Action
from core.model.resource import Confidence, Contact, Medium, Service, Topic
from core.model.standing import PostKind
from tests.adapters.console.pier import GENERAL, Pier, pier

LINE = Service(
    id="zz-pier",
    country="ZZ",
    name="The <Pier> Line",
    topics=frozenset({Topic.CRISIS}),
    contacts=(
        Contact(medium=Medium.CALL, value="555-0100 (press 1)"),
        Contact(medium=Medium.TEXT, value="55501 (text PIER)"),
        Contact(medium=Medium.CHAT, value="https://pier.example/chat?a=1&b=2"),
        Contact(medium=Medium.CALL, value="ask at the pier"),
    ),
    languages=("en", "de"),
    audience="sailors",
    hours="Mon-Sat 10:00-20:00 ZZT",
    source="made up for this test",
    as_of="2026-10-05",
    confidence=Confidence.OWN,
)
PAGE = Page(
    name="support.start",
    title=Text(key="support.start.title"),
    body=(Text(key="support.start.bot"), Shown(service=LINE, is_open=True)),
    choices=(
        Choice(label=Text(key="support.when.now"), to="s.now", is_primary=True),
        Choice(label=Text(key="support.go.sources"), url="https://pier.example/"),
        Choice(label=Text(key="support.go.more"), url="javascript:alert(1)"),
    ),
)


@dataclass
class Desk:
    """Remembers who asked for what, and answers what it was told to."""

    page: Page = PAGE
    error: Exception | None = None
    asked: list[tuple[Asker, str]] = field(default_factory=list)

    async def command(self, asker: Asker, command: Command) -> Page:
        return await self.press(asker, f"/{command}")

    async def press(self, asker: Asker, to: str) -> Page:
        self.asked.append((asker, to))
        if self.error:
            raise self.error
        return self.page


@dataclass(frozen=True)
class Post:
    kind: PostKind
    page: Page | None = PAGE


@dataclass
class Board:
    """Posts at the top of channels, and who took them down."""

    posts: dict[ChannelId, list[Post]] = field(default_factory=dict)
    taken: list[tuple[str, str, str]] = field(default_factory=list)

    def pinned(self, channel: ChannelId) -> Sequence[Post]:
        return self.posts.get(channel, [])

    async def unpin(self, channel: ChannelId, kind: PostKind) -> None:
        self.taken.append(("unpin", channel, kind))

    async def delete_post(self, channel: ChannelId, kind: PostKind) -> None:
        self.taken.append(("delete", channel, kind))


async def ask(here: Pier, voice: str = "wren", **data: str) -> httpx.Response:
    """A press by whoever speaks."""
    here.speak_as(voice)
    return await here.post("/chat/private", {"voice": voice, **data})


async def type_in(here: Pier, text: str, voice: str = "wren") -> httpx.Response:
    here.speak_as(voice)
    return await here.post("/chat/messages", {"channel": GENERAL.id, "text": text})


def said(here: Pier) -> list[str]:
    return [each.text for each in here.platform.messages(GENERAL.id, 10)]


@pytest.mark.parametrize("command", list(Command))
async def test_a_command_opens_its_page_for_whoever_speaks_and_is_said_to_nobody(command: Command) -> None:
    desk = Desk()
    async with pier(members=desk) as here:
        answer = await type_in(here, f"/{command}")
        assert answer.status_code == 200
        assert 'data-page="support.start"' in answer.text
        assert "Only Wren sees this" in answer.text
        assert [(asker.community, asker.member, to) for asker, to in desk.asked] == [(HARBOUR, "wren", f"/{command}")]
        assert said(here) == []


@pytest.mark.parametrize("text", ["/Support", "  /support  ", "/SUPPORT please\nsomebody", "/privacy now"])
async def test_what_stands_behind_a_command_is_neither_said_nor_handed_on(text: str) -> None:
    desk = Desk()
    async with pier(members=desk) as here:
        answer = await type_in(here, text)
        assert 'data-page="support.start"' in answer.text
        assert "somebody" not in answer.text
        assert [to for _, to in desk.asked] in (["/support"], ["/privacy"])
        assert said(here) == []


@pytest.mark.parametrize("text", ["/supporters unite", "/help", "I said /support", "/"])
async def test_any_other_command_is_said_as_ever(text: str) -> None:
    desk = Desk()
    async with pier(members=desk) as here:
        assert "data-page" not in (await type_in(here, text)).text
        assert (desk.asked, said(here)) == ([], [text])


async def test_without_members_pages_no_command_is_one_and_nothing_offers_them() -> None:
    async with pier() as here:
        await type_in(here, "/support")
        assert said(here) == ["/support"]
        assert "open-support" not in (await here.client.get("/chat")).text
        assert (await ask(here, command="support")).status_code == 404


async def test_what_is_dialled_stands_there_byte_for_byte_with_its_link_around_it() -> None:
    async with pier(members=Desk()) as here:
        page = (await ask(here, command="support")).text
        links = re.findall(r'<a class="contact" dir="ltr" href="([^"]+)"[^>]*>([^<]*)</a>', page)
        assert [(html.unescape(href), html.unescape(value)) for href, value in links] == [
            ("tel:5550100", "555-0100 (press 1)"),
            ("sms:55501?body=PIER", "55501 (text PIER)"),
            ("https://pier.example/chat?a=1&b=2", "https://pier.example/chat?a=1&b=2"),
        ]
        assert '<span class="contact" dir="ltr">ask at the pier</span>' in page


async def test_a_service_is_shown_with_whom_it_is_for_its_hours_and_whether_it_answers() -> None:
    async with pier(members=Desk()) as here:
        page = (await ask(here, command="support")).text
        for words in (
            "The &lt;Pier&gt; Line",
            "For: sailors",
            "Mon-Sat 10:00-20:00 ZZT",
            "English, German",
            "Open now",
        ):
            assert words in page, words


async def test_choices_are_buttons_that_carry_where_they_lead_and_whose_they_are() -> None:
    async with pier(members=Desk()) as here:
        page = (await ask(here, command="support")).text
        assert 'hx-vals=\'{"to": "s.now", "voice": "wren"}\'' in page
        assert (
            '<a class="button choice" href="https://pier.example/" target="_blank" rel="noopener noreferrer">' in page
        )
        assert "javascript:" not in page


async def test_a_button_leads_on_and_may_be_pressed_again() -> None:
    desk = Desk()
    async with pier(members=desk) as here:
        first, second = await ask(here, to="s.now"), await ask(here, to="s.now")
        assert first.text == second.text
        assert [to for _, to in desk.asked] == ["s.now", "s.now"]


async def test_a_page_of_another_voice_is_not_gone_on_with_and_its_browser_starts_anew() -> None:
    desk = Desk()
    async with pier(members=desk) as here:
        page = (await ask(here, "wren", command="my-data")).text
        assert '"voice": "wren"' in page
        here.speak_as("tomas")
        for voice in ("wren", "", "nobody"):
            answer = await here.post("/chat/private", {"voice": voice, "to": "p.delete:yes"})
            assert (answer.status_code, answer.text, answer.headers["hx-refresh"]) == (409, "", "true")
        assert [asker.member for asker, _ in desk.asked] == ["wren"]
        assert "data-page" not in (await here.client.get("/")).text


async def test_the_panel_asks_for_what_the_browser_is_set_to_as_a_language_and_never_as_a_country() -> None:
    desk = Desk()
    async with pier(members=desk) as here:
        for header in ("pt-BR,pt;q=0.9", "", "*", "<script>, de"):
            here.client.headers["accept-language"] = header
            await ask(here, command="support")
        assert [asker.locale for asker, _ in desk.asked] == ["pt-BR", "", "", ""]


@pytest.mark.parametrize("error", [Unavailable(reason="disk full"), GaveUp(reason="changed too often")])
async def test_what_could_not_be_done_is_said_plainly_with_a_way_to_try_again(error: Exception) -> None:
    desk = Desk(error=error)
    async with pier(members=desk) as here:
        answer = await ask(here, to="p.delete:yes")
        assert answer.status_code == 503
        assert "nothing was changed" in answer.text
        assert '{"to": "p.delete:yes", "voice": "wren"}' in answer.text
        assert '{"command": "support", "voice": "wren"}' in answer.text
        typed = await type_in(here, "/delete-my-data")
        assert "nothing was changed" in typed.text
        assert said(here) == []


async def test_a_page_says_its_language_its_direction_and_that_it_is_a_draft() -> None:
    desk = Desk(page=Page(name="support.start", title=PAGE.title, locale="ar", is_draft=True))
    async with pier(members=desk) as here:
        page = (await ask(here, command="support")).text
        assert '<div class="private-page" lang="ar" dir="rtl">' in page
        assert '<p class="draft">' in page
        desk.page = PAGE
        page = (await ask(here, command="support")).text
        assert '<div class="private-page" lang="en" dir="ltr">' in page
        assert '<p class="draft">' not in page


async def test_a_blank_is_there_to_copy_and_a_document_to_download_and_nothing_of_it_is_kept() -> None:
    document = Document(name="my-data.json", media_type="application/json", content=b'{"a": "<b>"}')
    desk = Desk(page=Page(name="p", title=PAGE.title, blank=Text(key="support.plan.blank"), document=document))
    async with pier(members=desk) as here:
        page = (await ask(here, command="my-data")).text
        assert '<pre class="blank" tabindex="0">' in page
        assert "data-copy" in page
        found = re.search(r'download="my-data.json" href="data:application/json;base64,([^"]+)"', page)
        assert found is not None
        assert base64.b64decode(html.unescape(found[1])) == document.content


def support_letter(key: str = "k1") -> Order:
    action = Action(
        key=key,
        community=HARBOUR,
        case_id=CaseId("c1"),
        version=1,
        kind=ActionKind.SUPPORT_MESSAGE,
        lane=LAWS[ActionKind.SUPPORT_MESSAGE].lane,
        target="wren",
    )
    return Order(action=action, page=PAGE)


async def test_a_letter_that_can_be_answered_has_its_buttons_for_its_member_alone() -> None:
    async with pier(members=Desk()) as here:
        await here.platform.perform(support_letter())
        here.speak_as("wren")
        mine = (await here.client.get("/chat/messages")).text
        assert 'data-letter="support_message"' in mine
        assert '{"to": "s.now", "voice": "wren"}' in mine
        here.speak_as("tomas")
        assert "support_message" not in (await here.client.get("/chat/messages")).text


async def test_what_owners_are_told_stands_in_the_chat_of_the_owner_alone() -> None:
    action = Action(
        key="k2",
        community=HARBOUR,
        case_id=CaseId(""),
        version=0,
        kind=ActionKind.TELL_OWNER,
        lane=LAWS[ActionKind.TELL_OWNER].lane,
        target="alma",
    )
    async with pier() as here:
        heard: list[str] = []
        here.platform.listen(heard.append)
        await here.platform.perform(Order(action=action, notice=Text(key="console.private.not_now_means")))
        assert "chat" in heard
        for voice, is_told in (("alma", True), ("chidi", False), ("wren", False)):
            here.speak_as(voice)
            assert ('data-letter="tell_owner"' in (await here.client.get("/chat/messages")).text) is is_told


async def test_pinned_posts_stand_at_the_top_of_their_channel_the_card_with_help_first() -> None:
    board = Board(posts={GENERAL.id: [Post(PostKind.NOTICE), Post(PostKind.HELP)]})
    async with pier(members=Desk(), pins=board) as here:
        for address in ("/", "/chat", "/chat/messages"):
            page = (await here.client.get(address)).text
            assert re.findall(r'data-pin="(\w+)"', page) == ["help", "notice"]
            assert "555-0100 (press 1)" in page
        board.posts = {GENERAL.id: [Post(PostKind.HELP, page=None)]}
        assert "data-pin=" not in (await here.client.get("/chat")).text
        assert 'id="pinned" class="pinned" hx-swap-oob="morph"' in (await here.client.get("/chat/messages")).text


async def test_whoever_moderates_can_take_a_pinned_post_down_and_nobody_else() -> None:
    board = Board(posts={GENERAL.id: [Post(PostKind.HELP)]})
    async with pier(pins=board) as here:
        for voice, may in (("wren", False), ("bastian", True), ("alma", True)):
            here.speak_as(voice)
            assert ("unpin-help" in (await here.client.get("/chat")).text) is may
            for verb in ("unpin", "delete"):
                answer = await here.post(f"/chat/pinned/help/{verb}", {"channel": GENERAL.id})
                assert answer.status_code == (200 if may else 409)
                assert ("within a minute" in answer.text) is may
        here.speak_as("bastian")
        for path in ("help/burn", "card/unpin"):
            assert (await here.post(f"/chat/pinned/{path}", {"channel": GENERAL.id})).status_code == 409
        assert board.taken == [("unpin", "general", "help"), ("delete", "general", "help")] * 2


async def test_what_is_played_opens_for_whoever_speaks_as_that_member_and_closes_with_it() -> None:
    opened = OpenedPages()
    async with pier(members=Desk(), opened=opened) as here:
        opened.open(MemberId("wren"), PAGE)
        here.speak_as("tomas")
        assert (await here.client.get("/chat/private")).status_code == 204
        here.speak_as("wren")
        played = (await here.client.get("/chat/private")).text
        assert 'data-page="support.start"' in played
        assert 'hx-get="/chat/private?played=1"' in played
        assert "autofocus" not in played  # nobody's typing is taken away from them
        opened.close(MemberId("wren"))
        assert (await here.client.get("/chat/private")).status_code == 204
        closed = await here.client.get("/chat/private?played=1")
        assert (closed.status_code, "data-page" in closed.text) == (200, False)
        mine = (await ask(here, command="support")).text
        assert 'hx-get="/chat/private' not in mine  # no play changes what a visitor has opened


async def test_a_click_without_the_pages_token_opens_nothing() -> None:
    desk = Desk()
    async with pier(members=desk) as here:
        here.speak_as("wren")
        assert (
            await here.client.post("/chat/private", data={"voice": "wren", "command": "support"})
        ).status_code == 403
        assert (await here.client.get("/chat/private?command=support")).status_code == 204
        assert desk.asked == []

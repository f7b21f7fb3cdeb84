"""The console as one ASGI application, put together from its rooms."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.asking import Appeals, Reports
from adapters.console.assets import Assets
from adapters.console.chat import ChatPages
from adapters.console.desk import DeskPages
from adapters.console.duty import DutyBar, told_by_duty_bar
from adapters.console.ending import Ending
from adapters.console.feed import Feed
from adapters.console.health import livez
from adapters.console.member_pages import MemberPages
from adapters.console.notices import NoticeBoard
from adapters.console.pages import Templates, TopPages
from adapters.console.pinned import Pinned
from adapters.console.playing import PlayingBar
from adapters.console.presenting import Presenter
from adapters.console.private import PrivatePanel
from adapters.console.security import LOOPBACK, Guard, new_token
from adapters.console.sources import Calls, ChatRoom, Hands, MemberDesk, Opened, Pins, Player, Status
from adapters.console.stream import Stream
from adapters.console.visit import ChatSeating, visit_of
from core.desk.duty import DutyDesk
from core.desk.queue import Queue
from core.ports import Clock, Texts


def create_console(
    *,
    queue: Queue,
    chat: ChatRoom,
    texts: Texts,
    clock: Clock,
    notices: NoticeBoard,
    status: Callable[[], Status],
    players: Sequence[Player] = (),
    hosts: frozenset[str] = LOOPBACK,
    ending: Ending | None = None,
    duty: DutyDesk | None = None,
    feed: Feed | None = None,
    hands: Hands | None = None,
    appeals: Appeals | None = None,
    reports: Reports | None = None,
    calls: Calls | None = None,
    members: MemberDesk | None = None,
    member_texts: Texts | None = None,
    pins: Pins | None = None,
    opened: Opened | None = None,
) -> Starlette:
    """The console's pages over a queue and a chat.

    Args:
        queue: The desk; every click goes there.
        chat: The community whose members a visitor can be.
        texts: The catalogue with the keys under `console.`, `level.`, `kind.`, `outcome.` and `refused.`.
        clock: For ages and ends of leases.
        notices: What the banner shows.
        status: The numbers of the status line, asked at each rendering.
        players: Scenes and logs that can be played, each with a button.
        hosts: The names under which the console may be addressed, without port.
        ending: When asked for, the event streams end.
        duty: Who is on duty; None shows no bar for it.
        feed: Tells `queue` when cases or actions may have changed.
        hands: A clock that visitors can move on; None shows neither it nor captions.
        appeals: Where members ask for a second look; None shows no way there.
        reports: Where members report messages; None shows no way there.
        calls: To what people of the desk were called, shown to whoever speaks as them.
        members: Answers members' commands and buttons in private; None knows no command.
        member_texts: What members' pages are rendered from, where that is more than `texts`: drafts that were accepted.
        pins: What stands at the top of the channels; None shows nothing there.
        opened: The private pages of members who are played; the feed's topic `private` tells that they changed.
    """
    feed, assets, token = feed or Feed(), Assets(), new_token()
    presenter = Presenter(
        texts=texts,
        name_of=chat.name_of,
        channel_name=lambda channel: next((each.name for each in chat.channels() if each.id == channel), channel),
    )
    templates = Templates(assets=assets, presenter=presenter, token=token)
    member_pages = MemberPages(member_texts or texts, presenter.name)
    talk = ChatPages(
        chat=chat,
        clock=clock,
        templates=templates,
        presenter=presenter,
        member_pages=member_pages,
        private=PrivatePanel(desk=members, chat=chat, templates=templates, pages=member_pages, opened=opened),
        pinned=Pinned(pins, member_pages),
        appeals=appeals,
        reports=reports,
        calls=calls,
    )
    seating = ChatSeating(chat)
    desk = DeskPages(
        queue=queue,
        seating=seating,
        clock=clock,
        templates=templates,
        presenter=presenter,
        feed=feed,
        duty=DutyBar(duty=duty, presenter=presenter, clock=clock),
    )

    async def alarms(request: Request) -> Sequence[tuple[str, str]]:
        return await desk.alarms(seating.seat(request))

    top = TopPages(
        templates=templates,
        presenter=presenter,
        notices=notices,
        players=players,
        status=lambda _: status(),
        alarms=alarms,
        elsewhere=lambda _: told_by_duty_bar(chat.community) if duty else None,
    )
    stream = Stream([feed, notices.feed, chat, *players], ending)

    def moved() -> None:
        for topic in ("queue", "chat", "notices"):
            feed.tell(topic)

    bar = PlayingBar(clock=hands, templates=templates, players=players, tell=moved) if hands else None

    async def page(request: Request) -> Response:
        return templates.answer(
            "page.html",
            places=(),
            **(bar.values() if bar else {"playing": None}),
            **await top.values(request),
            **await talk.values(visit_of(request, chat)),
            **await desk.values(seating.seat(request)),
        )

    routes = [
        Route("/", page),
        Route("/events", stream.serve),
        Route("/livez", livez),
        Route("/static/{name}", assets.serve),
        *top.routes(),
        *(bar.routes() if bar else ()),
        *talk.routes(),
        *desk.routes(),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, token=token, hosts=hosts)])

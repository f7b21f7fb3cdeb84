"""The console of a running bot: the desk of every community, behind a door, and what machines ask."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.assets import Assets
from adapters.console.desk import DeskPages
from adapters.console.door import Door, EntryPages, Key
from adapters.console.duty import DutyBar, told_by_duty_bar
from adapters.console.ending import Ending
from adapters.console.feed import Feed
from adapters.console.health import health_routes
from adapters.console.notices import NoticeBoard
from adapters.console.office import OfficePages, OfficeSeating
from adapters.console.pages import Templates, TopPages
from adapters.console.presenting import Presenter
from adapters.console.security import LOOPBACK, Guard, new_token
from adapters.console.sources import Offices, Readiness
from adapters.console.stream import Stream
from core.desk.duty import DutyDesk
from core.desk.queue import Queue
from core.ports import Clock, Texts


def create_office(
    *,
    queue: Queue,
    offices: Offices,
    texts: Texts,
    clock: Clock,
    notices: NoticeBoard,
    key: str,
    readiness: Callable[[], Awaitable[Readiness]],
    metrics: Callable[[], Awaitable[bytes]],
    metrics_type: str,
    feed: Feed | None = None,
    hosts: frozenset[str] = LOOPBACK,
    ending: Ending | None = None,
    duty: DutyDesk | None = None,
) -> Starlette:
    """The console's pages over a queue and the communities that are served.

    Args:
        queue: The desk; every click goes there.
        offices: The communities, and who decides there.
        texts: The catalogue.
        clock: For ages and ends of leases.
        notices: What the banner shows.
        key: Opens the door.
        readiness: For `/readyz`.
        metrics: For `/metrics`.
        metrics_type: The media type of those.
        feed: Tells `queue` when cases or actions may have changed.
        hosts: The names under which the console may be addressed, without port.
        ending: When asked for, the event streams end.
        duty: Who is on duty; None shows no bar for it.
    """
    feed, assets, token, lock = feed or Feed(), Assets(), new_token(), Key(key)
    presenter = Presenter(texts=texts, name_of=offices.name_of, channel_name=offices.channel_name)
    templates = Templates(assets=assets, presenter=presenter, token=token)
    seating = OfficeSeating(offices)
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
        seat = seating.seat_or_none(request)
        return await desk.alarms(seat) if seat else ()

    top = TopPages(
        templates=templates,
        presenter=presenter,
        notices=notices,
        status=lambda request: offices.status(seating.place(request).id),
        lines=offices.lines,
        alarms=alarms,
        elsewhere=lambda request: told_by_duty_bar(seating.place(request).id) if duty else None,
    )
    office = OfficePages(offices=offices, seating=seating, templates=templates)
    stream = Stream([feed, notices.feed], ending)

    async def page(request: Request) -> Response:
        seat = seating.seat_or_none(request)
        if seat is None:
            return office.who(request)
        return templates.answer(
            "office.html",
            place=seating.place(request),
            places=offices.places(),
            **await top.values(request),
            **await desk.values(seat),
        )

    routes = [
        Route("/", page),
        Route("/events", stream.serve),
        Route("/static/{name}", assets.serve),
        *EntryPages(key=lock, templates=templates).routes(),
        *health_routes(readiness, metrics, metrics_type),
        *top.routes(),
        *desk.routes(),
        *office.routes(),
    ]
    guard = Middleware(Guard, token=token, hosts=hosts)
    return Starlette(routes=routes, middleware=[guard, Middleware(Door, key=lock, templates=templates)])

"""The desk of real communities: which one is looked after, and as whom.

Nobody is anybody by default: what is done here is written down under somebody's name, so that person is chosen first,
unless there is only one. The choice is remembered for each platform, since people are known there by their ids.
"""

from collections.abc import Sequence
from urllib.parse import quote, unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.pages import Templates
from adapters.console.sources import Offices, Place
from adapters.console.visit import DESK_COOKIE, Choice, Seat
from core.model.message import Author

COMMUNITY_COOKIE = "lightkeeper_community"


class OfficeSeating:
    """Speaks `adapters.console.visit.Seating` for the communities that are served."""

    def __init__(self, offices: Offices) -> None:
        self._offices = offices

    def place(self, request: Request) -> Place:
        """The community that is looked after; at first the first of them."""
        places = self._offices.places()
        wanted = unquote(request.cookies.get(COMMUNITY_COOKIE, ""))
        return next((each for each in places if each.id == wanted), places[0])

    def desk(self, request: Request) -> Sequence[Author]:
        """All who could sit there."""
        return self._offices.people(self.place(request).id)

    def seat_or_none(self, request: Request) -> Seat | None:
        """The seat of whoever asks; None when they have not said who they are."""
        place, desk = self.place(request), self.desk(request)
        wanted = unquote(request.cookies.get(_cookie(place), ""))
        me = desk[0] if len(desk) == 1 else next((each for each in desk if each.id == wanted), None)
        return Seat(community=place.id, me=me, desk=desk) if me else None

    def seat(self, request: Request) -> Seat:
        seat = self.seat_or_none(request)
        if seat is None:
            raise HTTPException(403, "Say who you are first: load the page again.")
        return seat

    def chosen(self, request: Request, member: str) -> Choice | None:
        is_there = any(each.id == member for each in self.desk(request))
        return Choice(cookie=_cookie(self.place(request)), value=quote(member, safe="")) if is_there else None


class OfficePages:
    """Choosing the community and the person."""

    def __init__(self, *, offices: Offices, seating: OfficeSeating, templates: Templates) -> None:
        self._offices = offices
        self._seating = seating
        self._templates = templates

    def routes(self) -> list[Route]:
        """The address served here."""
        return [Route("/community", self.choose, methods=["POST"])]

    async def choose(self, request: Request) -> Response:
        """Look after another community; the page starts anew, so that nothing revealed stays behind."""
        form = await request.form()
        wanted = str(form.get("community", ""))
        is_there = any(each.id == wanted for each in self._offices.places())
        answer = Response(status_code=204 if is_there else 404, headers={"hx-refresh": "true"})
        if is_there:
            answer.set_cookie(COMMUNITY_COOKIE, quote(wanted, safe=""), httponly=True, samesite="strict")
        return answer

    def who(self, request: Request) -> Response:
        """The page that asks whoever looks who they are."""
        return self._templates.answer(
            "who.html",
            place=self._seating.place(request),
            places=self._offices.places(),
            desk=self._seating.desk(request),
        )


def _cookie(place: Place) -> str:
    return f"{DESK_COOKIE}_{place.id.partition(':')[0]}"

"""The right half: the moderators' queue, and every click on a case."""

import asyncio
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.feed import Feed
from adapters.console.pages import Templates
from adapters.console.presenting import CaseCard, Presenter, spans_by_wording
from adapters.console.visit import Seat, Seating, roles_of
from adapters.console.wording import marked, shortened, shown
from core.desk.clicks import Click
from core.desk.people import Actor, may_see
from core.desk.queue import CaseView, Queue
from core.errors import GaveUp, Unavailable
from core.model.case import OPEN_STATES, CaseId, Refused, State, Why
from core.model.record import SealedMessage
from core.ports import Clock

CASES_SHOWN = 20
MAX_CASES_SHOWN = 500
DECIDED_SHOWN = 8
CONTEXT_CHARS_SHOWN = 600
PARAMS = ("to", "minutes", "outcome", "action", "tier")
STATUS_OF = {Why.NOT_FOUND: 404, Why.UNKNOWN_VERB: 404, Why.TEXT_GONE: 410}


class DeskPages:
    """The queue of a community, for whoever sits at its desk."""

    def __init__(
        self, *, queue: Queue, seating: Seating, clock: Clock, templates: Templates, presenter: Presenter, feed: Feed
    ) -> None:
        """`feed` is told of every click that changed something, so that other browsers look again at once."""
        self._queue = queue
        self._seating = seating
        self._clock = clock
        self._templates = templates
        self._presenter = presenter
        self._feed = feed

    def routes(self) -> list[Route]:
        """The addresses served here."""
        return [
            Route("/queue", self.cases),
            Route("/you", self.become, methods=["POST"]),
            Route("/cases/{case}/show", self.show, methods=["POST"]),
            Route("/cases/{case}/{verb}", self.act, methods=["POST"]),
        ]

    async def values(self, seat: Seat, limit: int = CASES_SHOWN) -> dict[str, Any]:
        """What the queue shows to this person now."""
        found = await self._queue.cases(seat.actor, OPEN_STATES, limit + 1)
        decided = await self._queue.cases(seat.actor, frozenset({State.RESOLVED}), DECIDED_SHOWN)
        cards = await asyncio.gather(*(self._card(seat, case.id) for case in found[:limit]))
        gone = await asyncio.gather(*(self._card(seat, case.id) for case in decided))
        return {
            "cases": [card for card in cards if card],
            "decided": [card for card in gone if card],
            "limit": limit,
            "has_more": len(found) > limit and limit < MAX_CASES_SHOWN,
            "me": seat.me,
            "desk": seat.desk,
        }

    async def cases(self, request: Request) -> Response:
        """The list of cases."""
        values = await self.values(self._seating.seat(request), _limit(request.query_params.get("limit")))
        return self._templates.answer("queue.html", **values)

    async def become(self, request: Request) -> Response:
        """Be another person at the desk; the page starts anew, so that nothing revealed stays behind."""
        form = await request.form()
        wanted = str(form.get("member", ""))
        chosen = self._seating.chosen(request, wanted)
        answer = Response(status_code=204 if chosen else 404, headers={"hx-refresh": "true"})
        if chosen:
            answer.set_cookie(chosen.cookie, chosen.value, httponly=True, samesite="strict")
        return answer

    async def show(self, request: Request) -> Response:
        """The words of a case, marked; the look is recorded before they go out."""
        seat = self._seating.seat(request)
        try:
            revealed = await self._queue.show(seat.actor, CaseId(request.path_params["case"]))
        except Unavailable:
            return self._said(self._presenter.say("console.unavailable"), 503)
        except GaveUp:
            return self._said(self._presenter.say("console.words_damaged"), 409)
        if isinstance(revealed, Refused):
            return self._refused(seat, revealed)
        spans = spans_by_wording(revealed.evidence)
        words = [
            _words(sealed, spans.get((sealed.message.id, sealed.message.edited_at), ())) for sealed in revealed.messages
        ]
        deleted = {each.message_id for each in revealed.evidence if each.deleted_at}
        return self._templates.answer("words.html", case=revealed.case, words=words, deleted=deleted)

    async def act(self, request: Request) -> Response:
        """One click: the queue as it is afterwards, with a word on what happened."""
        seat = self._seating.seat(request)
        form = await request.form()
        verb = request.path_params["verb"]
        click = Click(
            case_id=CaseId(request.path_params["case"]),
            verb=verb,
            turn=_turn(str(form.get("turn", ""))),
            params={name: str(form[name]) for name in PARAMS if name in form},
        )
        try:
            after = await self._queue.act(seat.actor, click)
        except Unavailable:
            return self._said(self._presenter.say("console.unavailable"), 503)
        except GaveUp:
            return self._said(self._presenter.say("console.went_wrong"), 409)
        if isinstance(after, Refused):
            said, status = self._presenter.refusal(after, seat.me), STATUS_OF.get(after.why, 409)
        else:
            said, status = self._presenter.done(verb, after), 200
            self._feed.tell("queue")
        values = await self.values(seat, _limit(form.get("limit")))
        return self._templates.answer("acted.html", code=status, said=said, is_refused=status != 200, **values)

    async def _card(self, seat: Seat, case_id: CaseId) -> CaseCard | None:
        view = await self._queue.view(seat.actor, case_id)
        if not isinstance(view, CaseView):
            return None
        colleagues = [
            each
            for each in seat.desk
            if may_see(Actor(community=seat.community, member=each.id, roles=roles_of(each)), view.case)
        ]
        return self._presenter.card(view, seat.me, colleagues, self._clock.now())

    def _refused(self, seat: Seat, refused: Refused) -> Response:
        said = self._presenter.refusal(refused, seat.me)
        return self._said(said, STATUS_OF.get(refused.why, 409))

    def _said(self, said: str, status: int) -> Response:
        headers = {"hx-reswap": "none"}
        return self._templates.answer("said.html", code=status, headers=headers, said=said, is_refused=True)


def _words(sealed: SealedMessage, spans: Sequence[tuple[int, int]]) -> tuple[SealedMessage, Markup, int]:
    """A message to show, its text, and how much was left out: context is cut short, evidence never."""
    if not sealed.is_context:
        return sealed, marked(sealed.message.text, spans), 0
    text, left_out = shortened(sealed.message.text, CONTEXT_CHARS_SHOWN)
    return sealed, shown(text), left_out


def _limit(given: object) -> int:
    wanted = str(given)
    is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) < 5
    return min(int(wanted), MAX_CASES_SHOWN) if is_number else CASES_SHOWN


def _turn(given: str) -> int:
    """The turn of a click; anything that is no number is no turn that a case ever had."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else -1

"""The right half: the moderators' queue, and every click on a case."""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.cards import Cards, CaseCard
from adapters.console.duty import DutyBar
from adapters.console.feed import Feed
from adapters.console.pages import Templates
from adapters.console.presenting import Presenter
from adapters.console.revealing import notes_of, words_of
from adapters.console.visit import Seat, Seating, roles_of
from core.desk.clicks import Click
from core.desk.queue import Queue
from core.errors import GaveUp, Unavailable
from core.model.case import OPEN_STATES, Case, CaseId, Outcome, State
from core.model.case_event import Refused, Why
from core.model.people import Actor, may_see
from core.ports import Clock

CASES_SHOWN = 20
MAX_CASES_SHOWN = 500
DECIDED_SHOWN = 8
LOOK_INS_SHOWN = 5
PARAMS = ("to", "note", "minutes", "outcome", "reason", "action", "tier", "hours", "kind", "duration_s")
STATUS_OF = {Why.NOT_FOUND: 404, Why.UNKNOWN_VERB: 404, Why.TEXT_GONE: 410}


class DeskPages:
    """The queue of a community, for whoever sits at its desk."""

    def __init__(
        self,
        *,
        queue: Queue,
        seating: Seating,
        clock: Clock,
        templates: Templates,
        presenter: Presenter,
        feed: Feed,
        duty: DutyBar,
    ) -> None:
        """`feed` is told of every click that changed something, so that other browsers look again at once."""
        self._queue = queue
        self._seating = seating
        self._clock = clock
        self._templates = templates
        self._presenter = presenter
        self._cards = Cards(presenter)
        self._feed = feed
        self._duty = duty

    def routes(self) -> list[Route]:
        """The addresses served here."""
        return [
            Route("/queue", self.cases),
            Route("/you", self.become, methods=["POST"]),
            Route("/cases/{case}/show", self.show, methods=["POST"]),
            Route("/cases/{case}/identify", self.identify, methods=["POST"]),
            Route("/cases/{case}/{verb}", self.act, methods=["POST"]),
            Route("/duty/{verb}", self.on_duty, methods=["POST"]),
        ]

    async def values(self, seat: Seat, limit: int = CASES_SHOWN) -> dict[str, Any]:
        """What the queue shows to this person now; what nobody answered stands first, wherever its place would be."""
        actor = seat.actor
        found, decided, look_ins, unanswered, duty = await asyncio.gather(
            self._queue.cases(actor, OPEN_STATES, limit + 1),
            self._queue.cases(actor, frozenset({State.RESOLVED}), DECIDED_SHOWN + LOOK_INS_SHOWN),
            self._queue.follow_ups(actor),
            self._queue.unanswered(actor),
            self._duty.values(seat),
        )
        due = look_ins[:LOOK_INS_SHOWN]
        due_ids = {case.id for case in look_ins}
        shown = found[:limit]
        first = [case for case in unanswered[:CASES_SHOWN] if case.id not in {each.id for each in shown}]
        elsewhere = due_ids | {case.id for case in found}  # one that is decided between these reads stands once
        ended = [case for case in decided if case.id not in elsewhere][:DECIDED_SHOWN]
        cards = await self._drawn(seat, [*first, *shown, *ended, *due])
        return {
            "cases": [cards[case.id] for case in (*first, *shown) if case.id in cards],
            "decided": [cards[case.id] for case in ended if case.id in cards],
            "look_ins": [cards[case.id] for case in due if case.id in cards],
            "more_look_ins": len(look_ins) - len(due),
            "limit": limit,
            "has_more": len(found) > limit and limit < MAX_CASES_SHOWN,
            "me": seat.me,
            "desk": seat.desk,
            **duty,
        }

    async def alarms(self, seat: Seat) -> list[tuple[str, str]]:
        """What nobody took though everybody was called: the id and a line of each, for the banner of every page."""
        say, now = self._presenter.say, self._clock.now()
        return [
            (
                case.id,
                say(
                    "console.unanswered",
                    level=say(f"level.{case.concern.value}.{case.level}"),
                    channel=self._presenter.channel(case.channel),
                    span=self._presenter.span(now - (case.waiting_since or case.opened_at)),
                ),
            )
            for case in await self._queue.unanswered(seat.actor)
        ]

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
        words, notes = words_of(revealed, self._presenter), notes_of(revealed.notes, self._presenter)
        return self._templates.answer("words.html", case=revealed.case, words=words, notes=notes)

    async def identify(self, request: Request) -> Response:
        """Whom a case is about, by name; the look is recorded before it goes out."""
        seat = self._seating.seat(request)
        try:
            member = await self._queue.identify(seat.actor, CaseId(request.path_params["case"]))
        except Unavailable:
            return self._said(self._presenter.say("console.unavailable"), 503)
        if isinstance(member, Refused):
            return self._refused(seat, member)
        return self._templates.answer("identified.html", who=self._presenter.name(member))

    async def act(self, request: Request) -> Response:
        """One click: the queue as it is afterwards, with a word on what happened."""
        seat = self._seating.seat(request)
        form = await request.form()
        verb = request.path_params["verb"]
        click = Click(
            case_id=CaseId(request.path_params["case"]),
            verb=verb,
            turn=_turn(str(form.get("turn", ""))),
            params={name: str(form[name]).replace("\r\n", "\n") for name in PARAMS if name in form},
        )
        try:
            after = await self._queue.act(seat.actor, click)
        except Unavailable:
            return self._said(self._presenter.say("console.unavailable"), 503)
        except GaveUp:
            return self._said(self._presenter.say("console.went_wrong"), 409)
        said = self._presenter.done(verb, after) if isinstance(after, Case) else after
        return await self._answered(seat, said, _limit(form.get("limit")))

    async def on_duty(self, request: Request) -> Response:
        """On duty, off duty, or everything handed over at the end of a shift: the desk as it is afterwards."""
        seat = self._seating.seat(request)
        form = await request.form()
        try:
            said = await self._duty.act(seat, request.path_params["verb"], {name: str(form[name]) for name in form})
        except Unavailable:
            return self._said(self._presenter.say("console.unavailable"), 503)
        except GaveUp:
            return self._said(self._presenter.say("console.went_wrong"), 409)
        return await self._answered(seat, said, _limit(form.get("limit")))

    async def _answered(self, seat: Seat, outcome: str | Refused, limit: int) -> Response:
        """The queue after a click, with a word on what it did or why it did nothing."""
        if isinstance(outcome, Refused):
            said, status = self._presenter.refusal(outcome, seat.me), STATUS_OF.get(outcome.why, 409)
        else:
            said, status = outcome, 200
            self._feed.tell("queue")
        values = await self.values(seat, limit)
        return self._templates.answer("acted.html", code=status, said=said, is_refused=status != 200, **values)

    async def _drawn(self, seat: Seat, cases: Sequence[Case]) -> dict[CaseId, CaseCard]:
        """The cards of these cases, as one reading has them; what has gone out of sight meanwhile is left out."""
        appealed = [case.parent for case in cases if case.parent]
        ids = list(dict.fromkeys([*(case.id for case in cases), *appealed]))
        views = {view.case.id: view for view in await self._queue.views(seat.actor, ids)}
        people = [Actor(community=seat.community, member=each.id, roles=roles_of(each)) for each in seat.desk]
        now = self._clock.now()
        overturned = {case.parent for case in cases if case.outcome is Outcome.GRANTED}
        return {
            view.case.id: self._cards.card(
                view,
                seat.me,
                [each for each, actor in zip(seat.desk, people, strict=True) if may_see(actor, view.case)],
                now,
                views.get(view.case.parent) if view.case.parent else None,
                is_overturned=view.case.id in overturned,
            )
            for view in views.values()
        }

    def _refused(self, seat: Seat, refused: Refused) -> Response:
        said = self._presenter.refusal(refused, seat.me)
        return self._said(said, STATUS_OF.get(refused.why, 409))

    def _said(self, said: str, status: int) -> Response:
        headers = {"hx-reswap": "none"}
        return self._templates.answer("said.html", code=status, headers=headers, said=said, is_refused=True)


def _limit(given: object) -> int:
    wanted = str(given)
    is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) < 5
    return min(int(wanted), MAX_CASES_SHOWN) if is_number else CASES_SHOWN


def _turn(given: str) -> int:
    """The turn of a click; anything that is no number is no turn that a case ever had."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else -1

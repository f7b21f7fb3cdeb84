"""What members can ask for in the demo's chat: a look at a message, a second look at a sanction, and their record."""

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Protocol

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.pages import Templates
from adapters.console.presenting import Presenter
from adapters.console.security import MAX_BODY_BYTES
from adapters.console.sources import ChatRoom
from adapters.console.visit import Visit, visit_of
from adapters.console.wording import shortened
from core.care.appeals import MAX_CHARS, RecordEntry
from core.care.reports import ReportAbout
from core.errors import GaveUp, Unavailable
from core.model.case import Case, CaseId
from core.model.case_event import Refused, Why
from core.model.message import CommunityId, MemberId, Message, MessageId

QUOTED_CHARS = 200
LOOKED_BACK = 500
COMMAND = re.compile(r"/appeal\s+(?P<case>[a-z0-9]{1,40})\s*(?P<words>.*)", re.DOTALL)
"""What chat platforms have as a command: here the form opens for it, so that nobody says it in public."""

BEFORE = 10
"""How many earlier messages of its channel go along with a report."""


class Appeals(Protocol):
    """Where members ask for a second look, and read what counts against them."""

    async def file(self, community: CommunityId, member: MemberId, case_id: CaseId, words: str) -> Case | Refused: ...
    async def may_file(self, community: CommunityId, member: MemberId, case_id: CaseId) -> bool: ...
    async def record(self, community: CommunityId, member: MemberId) -> Sequence[RecordEntry]: ...


class Reports(Protocol):
    """Where members report messages."""

    async def report(
        self, reporter: MemberId, message: Message, about: ReportAbout, *, before: Sequence[Message] = ()
    ) -> Case | Refused: ...


class Composer(Protocol):
    """Answers with the composer, where an asking ends."""

    async def __call__(self, visit: Visit, *, told: str = "", problem: str = "", code: int = 200) -> Response: ...


class Asking:
    """The forms that take the composer's place. Who asks is the member whom the visitor speaks as."""

    def __init__(
        self,
        *,
        chat: ChatRoom,
        templates: Templates,
        presenter: Presenter,
        composer: Composer,
        appeals: Appeals | None,
        reports: Reports | None,
    ) -> None:
        """Without `appeals` or `reports` there is nothing of that kind to ask for."""
        self._chat = chat
        self._templates = templates
        self._presenter = presenter
        self._composer = composer
        self._appeals = appeals
        self._reports = reports

    def routes(self) -> list[Route]:
        """The addresses served here."""
        routes: list[Route] = []
        if self._reports is not None:
            routes.append(Route("/chat/messages/{message}/report", self.reporting))
            routes.append(Route("/chat/messages/{message}/report", self.report, methods=["POST"]))
        if self._appeals is not None:
            routes.append(Route("/chat/appeals/{case}", self.appealing))
            routes.append(Route("/chat/appeals/{case}", self.appeal, methods=["POST"]))
            routes.append(Route("/chat/record", self.record))
        return routes

    async def reporting(self, request: Request) -> Response:
        """The form for a report: what is wrong with this message?"""
        message = self._message(request)
        visit = visit_of(request, self._chat, message.channel.id if message else None)
        if message is None or message.author.id == visit.voice.id:
            return await self._refused(visit, "report", Why.NOT_FOUND)
        text, left_out = shortened(message.text, QUOTED_CHARS)
        quoted = text + ("…" if left_out else "")
        return self._form(visit, "report", message=message, text=quoted, abouts=[each.value for each in ReportAbout])

    async def report(self, request: Request) -> Response:
        """Report a message; whoever does is thanked and learns nothing of what comes of it."""
        form, message = await self._form_of(request), self._message(request)
        visit = visit_of(request, self._chat, message.channel.id if message else None)
        about = str(form.get("about", ""))
        if self._reports is None or message is None or about not in set(ReportAbout):
            return await self._refused(visit, "report", Why.NOT_FOUND)
        said = self._chat.messages(message.channel.id, LOOKED_BACK)
        earlier = list(takewhile(lambda each: each.id != message.id, said))[-BEFORE:]
        try:
            answer = await self._reports.report(visit.voice.id, message, ReportAbout(about), before=earlier)
        except (Unavailable, GaveUp):
            return await self._refused(visit, "report", None)
        if isinstance(answer, Refused):
            return await self._refused(visit, "report", answer.why)
        return await self._composer(visit, told=self._presenter.say("console.ask.reported"))

    async def appealing(self, request: Request) -> Response:
        """The form for an appeal: why should somebody look at this again?"""
        return self._form(
            visit_of(request, self._chat), "appeal", case_id=request.path_params["case"], most_chars=MAX_CHARS
        )

    def asked_for(self, visit: Visit, text: str) -> Response | None:
        """The form that this text is the command for; None for what is only said."""
        command = COMMAND.fullmatch(text.strip()) if self._appeals is not None else None
        if command is None:
            return None
        return self._form(visit, "appeal", case_id=command["case"], most_chars=MAX_CHARS, draft=command["words"])

    async def appeal(self, request: Request) -> Response:
        """Ask for a second look; what was written comes back when it could not be taken in."""
        form, case_id = await self._form_of(request), CaseId(request.path_params["case"])
        visit = visit_of(request, self._chat, str(form.get("channel", "")))
        words = str(form.get("words", "")).replace("\r\n", "\n")
        if self._appeals is None:
            return await self._refused(visit, "appeal", Why.NOT_FOUND)
        try:
            answer = await self._appeals.file(self._chat.community, visit.voice.id, case_id, words)
        except (Unavailable, GaveUp):
            said = self._sentence("appeal", None)
            return self._form(visit, "appeal", 503, said, case_id=case_id, most_chars=MAX_CHARS, draft=words)
        if isinstance(answer, Refused):
            return await self._refused(visit, "appeal", answer.why)
        return await self._composer(visit, told=self._presenter.say("console.ask.appealed"))

    async def record(self, request: Request) -> Response:
        """What counts against the member, and until when."""
        visit = visit_of(request, self._chat)
        entries = await self._appeals.record(self._chat.community, visit.voice.id) if self._appeals else ()
        return self._form(visit, "record", entries=[self._entry(each) for each in entries])

    def _entry(self, entry: RecordEntry) -> str:
        return self._presenter.say(
            "console.ask.record_entry",
            reason=entry.reason.value,
            at=self._presenter.day(entry.at),
            until=self._presenter.day(entry.until),
        )

    def _message(self, request: Request) -> Message | None:
        return self._chat.message(MessageId(request.path_params["message"]))

    async def _form_of(self, request: Request) -> FormData:
        return await request.form(max_part_size=MAX_BODY_BYTES)

    def _form(self, visit: Visit, asking: str, code: int = 200, problem: str = "", **values: Any) -> Response:
        blank: Mapping[str, Any] = {"draft": "", "entries": (), "abouts": (), "text": ""}
        shown = {**blank, "asking": asking, "problem": problem, "channel": visit.channel, **values}
        return self._templates.answer("asking.html", code, **shown)

    async def _refused(self, visit: Visit, asking: str, why: Why | None) -> Response:
        code = 503 if why is None else 409
        return await self._composer(visit, problem=self._sentence(asking, why), code=code)

    def _sentence(self, asking: str, why: Why | None) -> str:
        """Why it could not be asked for, calmly; None when it could not be saved."""
        match asking, why:
            case "report", Why.TOO_MANY:
                key = "console.ask.too_many_reports"
            case "report", Why.NOT_FOUND | Why.NOT_ALLOWED:
                key = "console.ask.no_report"
            case "appeal", Why.TOO_MANY:
                key = "console.ask.too_many_appeals"
            case "appeal", Why.BAD_VALUE:
                key = "console.ask.no_words"
            case "appeal", Why.CLOSED:
                key = "console.ask.decided_on_appeal"
            case "appeal", Why.NOT_FOUND:
                key = "console.ask.no_appeal"
            case _:
                key = "console.ask.try_again"
        return self._presenter.say(key)

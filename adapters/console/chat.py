"""The left half: the small chat community, where a visitor speaks as one of its members."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.asking import Appeals, Asking, Reports
from adapters.console.member_pages import MemberPages, PageShown
from adapters.console.pages import Templates
from adapters.console.pinned import Pinned
from adapters.console.presenting import Presenter, clock_time
from adapters.console.private import PrivatePanel
from adapters.console.security import MAX_BODY_BYTES
from adapters.console.sources import Calls, ChatRoom, Letter
from adapters.console.visit import VOICE_COOKIE, Visit, roles_of, visit_of
from adapters.console.wording import shortened
from core.errors import GaveUp, NotAllowed, RetryLater, Unavailable
from core.model.action import ActionKind
from core.model.card import Text
from core.model.case import CaseId, Concern
from core.model.message import MemberId, Message, MessageId
from core.model.people import VISIBLE_TO
from core.ports import Clock

MESSAGES_SHOWN = 60
CHARS_SHOWN = 1_200
CHANNELS_SHOWN = 8
LETTERS_SHOWN = 5
CALLS_SHOWN = 3
APPEALABLE = frozenset({ActionKind.WARN, ActionKind.NOTICE})
NO_SANCTION = ("letter.notice.lift", "letter.notice.appeal_")
"""How notices begin that take something back or answer an appeal: nobody appeals against those."""

ENDS_AT = "%Y-%m-%d %H:%M UTC"
"""How a letter's words say when something ends, to readers anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message as the chat shows it; `starts` when its author wasn't the last speaker."""

    message: Message
    text: str
    left_out: int
    starts: bool
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Something that only one member sees; `appeal_id` is the case where an appeal can follow, else empty.

    `page` stands there instead of lines where it can be answered with a button.
    """

    id: str
    kind: str
    at: datetime
    lines: tuple[str, ...] = ()
    appeal_id: str = ""
    page: PageShown | None = None


class ChatPages:
    """Reading, writing, editing and deleting, and what only the speaker sees."""

    def __init__(
        self,
        *,
        chat: ChatRoom,
        clock: Clock,
        templates: Templates,
        presenter: Presenter,
        member_pages: MemberPages,
        private: PrivatePanel,
        pinned: Pinned,
        appeals: Appeals | None = None,
        reports: Reports | None = None,
        calls: Calls | None = None,
    ) -> None:
        """`calls` tells to what people of the desk were called; without it the chat shows none of that."""
        self._chat = chat
        self._clock = clock
        self._templates = templates
        self._presenter = presenter
        self._calls = calls
        self._member_pages = member_pages
        self._private = private
        self._pinned = pinned
        self._appeals = appeals
        self._can_report = reports is not None
        self._asking = Asking(
            chat=chat,
            templates=templates,
            presenter=presenter,
            composer=self._answered,
            appeals=appeals,
            reports=reports,
        )

    def routes(self) -> list[Route]:
        """The addresses served here."""
        return [
            Route("/chat", self.panel),
            Route("/chat/messages", self.messages),
            Route("/chat/messages", self.say, methods=["POST"]),
            Route("/chat/messages/{message}/edit", self.editing),
            Route("/chat/messages/{message}/edit", self.edit, methods=["POST"]),
            Route("/chat/messages/{message}/delete", self.delete, methods=["POST"]),
            Route("/chat/composer", self.composer),
            Route("/voice", self.voice, methods=["POST"]),
            Route("/chat/pinned/{kind}/{verb}", self.take_down, methods=["POST"]),
            *self._asking.routes(),
            *self._private.routes(),
        ]

    async def values(self, visit: Visit) -> dict[str, Any]:
        """What the chat shows to this visitor now: what was said, and between it what only they see, as time went."""
        lines: list[Line | Aside] = []
        asides = await self._asides(visit)
        speaker = None
        for message in self._chat.messages(visit.channel.id, MESSAGES_SHOWN):
            while asides and asides[0].at < message.sent_at:
                lines.append(asides.pop(0))
                speaker = None
            text, left_out = shortened(message.text, CHARS_SHOWN)
            lines.append(
                Line(
                    message=message,
                    text=text,
                    left_out=left_out,
                    starts=message.author.id != speaker,
                    is_own=message.author.id == visit.voice.id,
                )
            )
            speaker = message.author.id
        channels = list(self._chat.channels())
        if visit.channel not in channels[:CHANNELS_SHOWN]:
            channels.insert(CHANNELS_SHOWN - 1, visit.channel)
        return {
            "lines": [*lines, *asides],
            "channel": visit.channel,
            "channels": [(each, self._chat.count(each.id)) for each in channels[:CHANNELS_SHOWN]],
            "voice": visit.voice,
            "members": self._chat.members(),
            "can_report": self._can_report,
            "can_ask": self._appeals is not None,
            "silent": self._chat.why_silent(visit.voice.id, visit.channel.id),
            "draft": "",
            "editing": None,
            "problem": "",
            "told": "",
            **self._private.closed(visit),
            **self._pinned.values(visit),
        }

    async def panel(self, request: Request) -> Response:
        """The whole left half, for a channel."""
        return self._templates.answer("chat.html", **await self.values(visit_of(request, self._chat)))

    async def messages(self, request: Request) -> Response:
        """The newest messages of a channel."""
        return self._templates.answer("messages_refreshed.html", **await self.values(visit_of(request, self._chat)))

    async def composer(self, request: Request) -> Response:
        """The composer, empty."""
        return await self._composer(visit_of(request, self._chat))

    async def voice(self, request: Request) -> Response:
        """Speak as another member."""
        form = await request.form()
        wanted = str(form.get("member", ""))
        chosen = next((each for each in self._chat.members() if each.id == wanted), None)
        answer = Response(status_code=204 if chosen else 404, headers={"hx-refresh": "true"})
        if chosen:
            answer.set_cookie(VOICE_COOKIE, chosen.id, httponly=True, samesite="strict")
        return answer

    async def say(self, request: Request) -> Response:
        """Write a message; what was typed comes back when it could not be taken in."""
        form = await request.form(max_part_size=MAX_BODY_BYTES)
        text = str(form.get("text", "")).replace("\r\n", "\n")
        visit = visit_of(request, self._chat, str(form.get("channel", "")))
        if asked := self._asking.asked_for(visit, text):
            return asked
        if command := self._private.asked_for(text):
            opened = await self._private.values(request, visit, command=command)
            return self._templates.answer("composed_private.html", **await self.values(visit) | opened)
        try:
            await self._chat.say(visit.voice.id, visit.channel.id, text)
        except (NotAllowed, Unavailable) as error:
            return await self._composer(visit, error, draft=text)
        return await self._composer(visit)

    async def editing(self, request: Request) -> Response:
        """The composer with one's own message in it."""
        message = self._chat.message(MessageId(request.path_params["message"]))
        visit = visit_of(request, self._chat, message.channel.id if message else None)
        if message is None or message.author.id != visit.voice.id:
            return await self._composer(visit, NotAllowed(reason="Only its author can change a message."))
        return await self._composer(visit, draft=message.text, editing=message)

    async def edit(self, request: Request) -> Response:
        """Rewrite one's own message."""
        form = await request.form(max_part_size=MAX_BODY_BYTES)
        text = str(form.get("text", "")).replace("\r\n", "\n")
        message_id = MessageId(request.path_params["message"])
        message = self._chat.message(message_id)
        visit = visit_of(request, self._chat, str(form.get("channel", "")))
        try:
            await self._chat.edit(visit.voice.id, message_id, text)
        except (NotAllowed, Unavailable) as error:
            return await self._composer(visit, error, draft=text, editing=message)
        return await self._composer(visit)

    async def delete(self, request: Request) -> Response:
        """Take one's own message away."""
        message_id = MessageId(request.path_params["message"])
        message = self._chat.message(message_id)
        visit = visit_of(request, self._chat, message.channel.id if message else None)
        try:
            await self._chat.delete(visit.voice.id, message_id)
        except (NotAllowed, Unavailable) as error:
            return await self._composer(visit, error)
        return await self._composer(visit)

    async def take_down(self, request: Request) -> Response:
        """Unpin or delete a post of the bot's, as moderators can on any platform."""
        form = await request.form()
        visit = visit_of(request, self._chat, str(form.get("channel", "")))
        kind, verb = request.path_params["kind"], request.path_params["verb"]
        try:
            is_down = await self._pinned.take_down(visit, kind, verb)
        except (RetryLater, Unavailable):
            return await self._answered(visit, problem=self._presenter.say("console.ask.try_again"), code=503)
        if not is_down:
            return await self._answered(visit, problem=self._presenter.say("console.pinned.no"), code=409)
        return await self._answered(visit, told=self._presenter.say(f"console.pinned.done.{verb}"))

    async def _answered(self, visit: Visit, *, told: str = "", problem: str = "", code: int = 200) -> Response:
        """The composer, with a word on what was asked for."""
        values = await self.values(visit) | {"told": told, "problem": problem}
        return self._templates.answer("composed.html", code=code, **values)

    async def _asides(self, visit: Visit) -> list[Aside]:
        """What only the speaker sees, oldest first."""
        newest = list(enumerate(self._chat.letters_for(visit.voice.id)))[-LETTERS_SHOWN:]
        letters = [await self._letter(visit.voice.id, number, each) for number, each in newest]
        calls = self._called(visit) if self._calls else []
        return sorted([*letters, *calls], key=lambda aside: aside.at)

    async def _letter(self, member: MemberId, number: int, letter: Letter) -> Aside:
        if letter.page is not None:
            page = self._member_pages.shown(letter.page)
            return Aside(id=f"letter-{number}", kind=letter.kind.value, at=letter.at, page=page)
        if letter.kind is ActionKind.TELL_OWNER and letter.notice:
            told = (self._worded(letter.notice),)
            return Aside(id=f"letter-{number}", kind=letter.kind.value, at=letter.at, lines=told)
        automatic = letter.kind is ActionKind.WARN and letter.is_automatic
        unworded = Text(key=f"console.letter.{'automatic_warn' if automatic else letter.kind.value}")
        return Aside(
            id=f"letter-{number}",
            kind=letter.kind.value,
            at=letter.at,
            lines=(self._presenter.say_text(self._dated(letter.notice) if letter.notice else unworded),),
            appeal_id=letter.case_id if await self._may_appeal(member, letter) else "",
        )

    async def _may_appeal(self, member: MemberId, letter: Letter) -> bool:
        """Whether an appeal can follow: what was taken back or decided on appeal has none any more."""
        key = letter.notice.key if letter.notice else ""
        is_sanction = letter.kind in APPEALABLE and key and not key.startswith(NO_SANCTION)
        if self._appeals is None or not is_sanction:
            return False
        try:
            return await self._appeals.may_file(self._chat.community, member, CaseId(letter.case_id))
        except (Unavailable, GaveUp):  # asking for it will say so
            return True

    def _dated(self, notice: Text) -> Text:
        """Its end as a clock on the wall says it here."""
        try:
            until = datetime.strptime(str(notice.params.get("until")), ENDS_AT).replace(tzinfo=UTC)
        except ValueError:
            return notice
        said = self._presenter.when(until, self._clock.now())
        return Text(key=notice.key, params={**notice.params, "until": said})

    def _called(self, visit: Visit) -> list[Aside]:
        """To what this person was called lately, and the last digest where they may see it."""
        if self._calls is None:
            return []
        say, sees_crisis = self._presenter.say, roles_of(visit.voice) & VISIBLE_TO[Concern.CRISIS]
        asides = [
            Aside(
                id=f"call-{number}",
                kind="call",
                at=each.at,
                lines=(say("console.called"), self._worded(each.card.title)),
            )
            for number, each in list(enumerate(self._calls.calls_for(visit.voice.id)))[-CALLS_SHOWN:]
        ]
        for each in list(self._calls.digests)[-1:] if sees_crisis else ():
            texts = (each.card.title, *each.card.lines)
            asides.append(Aside(id="digest", kind="digest", at=each.at, lines=tuple(map(self._worded, texts))))
        return asides

    def _worded(self, text: Text) -> str:
        """A card's text with names and times of day instead of ids and dates."""
        return self._presenter.say_text(
            Text(key=text.key, params={n: self._value(n, v) for n, v in text.params.items()})
        )

    def _value(self, name: str, value: str | int) -> str | int:
        match name:
            case "channel":
                return f"#{self._presenter.channel(str(value))}"
            case "opened_at" | "until" | "at" | "since" if value:
                return clock_time(datetime.fromisoformat(str(value)))
            case "holder" | "by" | "member":
                return self._presenter.name(str(value))
            case _:
                return value

    async def _composer(
        self,
        visit: Visit,
        error: NotAllowed | Unavailable | None = None,
        draft: str = "",
        editing: Message | None = None,
    ) -> Response:
        problem, status = "", 200
        if isinstance(error, Unavailable):
            problem, status = "Your message could not be saved, so it was not sent. Please try again.", 503
        elif error is not None:
            problem, status = error.reason, 409
        values = await self.values(visit) | {"draft": draft, "editing": editing, "problem": problem}
        return self._templates.answer("composed.html", code=status, **values)

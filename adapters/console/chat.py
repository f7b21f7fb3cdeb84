"""The left half: the small chat community, where a visitor speaks as one of its members."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.asking import Appeals, Asking, Reports
from adapters.console.pages import Templates
from adapters.console.presenting import Presenter, clock_time
from adapters.console.security import MAX_BODY_BYTES
from adapters.console.sources import Calls, ChatRoom, Letter
from adapters.console.visit import VOICE_COOKIE, Visit, roles_of, visit_of
from adapters.console.wording import shortened
from core.errors import NotAllowed, Unavailable
from core.model.action import ActionKind
from core.model.card import Text
from core.model.case import Concern
from core.model.message import Message, MessageId
from core.model.people import VISIBLE_TO

MESSAGES_SHOWN = 60
CHARS_SHOWN = 1_200
CHANNELS_SHOWN = 8
LETTERS_SHOWN = 5
CALLS_SHOWN = 3
APPEALABLE = frozenset({ActionKind.WARN, ActionKind.NOTICE})
NO_SANCTION = ("letter.notice.lift", "letter.notice.appeal_")
"""How notices begin that take something back or answer an appeal: nobody appeals against those."""


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
    """Something that only one member sees; `appeal_id` is the case where an appeal can follow, else empty."""

    kind: str
    at: datetime
    lines: tuple[str, ...]
    appeal_id: str = ""


class ChatPages:
    """Reading, writing, editing and deleting, and what only the speaker sees."""

    def __init__(
        self,
        *,
        chat: ChatRoom,
        templates: Templates,
        presenter: Presenter,
        appeals: Appeals | None = None,
        reports: Reports | None = None,
        calls: Calls | None = None,
    ) -> None:
        """`calls` tells to what people of the desk were called; without it the chat shows none of that."""
        self._chat = chat
        self._templates = templates
        self._presenter = presenter
        self._calls = calls
        self._can_appeal = appeals is not None
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
            *self._asking.routes(),
        ]

    def values(self, visit: Visit) -> dict[str, Any]:
        """What the chat shows to this visitor now."""
        lines: list[Line] = []
        speaker = None
        for message in self._chat.messages(visit.channel.id, MESSAGES_SHOWN):
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
            "lines": lines,
            "channel": visit.channel,
            "channels": [(each, self._chat.count(each.id)) for each in channels[:CHANNELS_SHOWN]],
            "voice": visit.voice,
            "members": self._chat.members(),
            "letters": self._asides(visit),
            "can_report": self._can_report,
            "can_ask": self._can_appeal,
            "silent": self._chat.why_silent(visit.voice.id, visit.channel.id),
            "draft": "",
            "editing": None,
            "problem": "",
            "told": "",
        }

    async def panel(self, request: Request) -> Response:
        """The whole left half, for a channel."""
        return self._templates.answer("chat.html", **self.values(visit_of(request, self._chat)))

    async def messages(self, request: Request) -> Response:
        """The newest messages of a channel."""
        return self._templates.answer("messages_refreshed.html", **self.values(visit_of(request, self._chat)))

    async def composer(self, request: Request) -> Response:
        """The composer, empty."""
        return self._composer(visit_of(request, self._chat))

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
        try:
            await self._chat.say(visit.voice.id, visit.channel.id, text)
        except (NotAllowed, Unavailable) as error:
            return self._composer(visit, error, draft=text)
        return self._composer(visit)

    async def editing(self, request: Request) -> Response:
        """The composer with one's own message in it."""
        message = self._chat.message(MessageId(request.path_params["message"]))
        visit = visit_of(request, self._chat, message.channel.id if message else None)
        if message is None or message.author.id != visit.voice.id:
            return self._composer(visit, NotAllowed(reason="Only its author can change a message."))
        return self._composer(visit, draft=message.text, editing=message)

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
            return self._composer(visit, error, draft=text, editing=message)
        return self._composer(visit)

    async def delete(self, request: Request) -> Response:
        """Take one's own message away."""
        message_id = MessageId(request.path_params["message"])
        message = self._chat.message(message_id)
        visit = visit_of(request, self._chat, message.channel.id if message else None)
        try:
            await self._chat.delete(visit.voice.id, message_id)
        except (NotAllowed, Unavailable) as error:
            return self._composer(visit, error)
        return self._composer(visit)

    def _answered(self, visit: Visit, *, told: str = "", problem: str = "", code: int = 200) -> Response:
        """The composer, with a word on what was asked for."""
        values = self.values(visit) | {"told": told, "problem": problem}
        return self._templates.answer("composed.html", code=code, **values)

    def _asides(self, visit: Visit) -> list[Aside]:
        """What only the speaker sees, oldest first."""
        letters = [self._letter(each) for each in self._chat.letters_for(visit.voice.id)[-LETTERS_SHOWN:]]
        calls = self._called(visit) if self._calls else []
        return sorted([*letters, *calls], key=lambda aside: aside.at)

    def _letter(self, letter: Letter) -> Aside:
        key = letter.notice.key if letter.notice else ""
        is_sanction = letter.kind in APPEALABLE and key and not key.startswith(NO_SANCTION)
        automatic = letter.kind is ActionKind.WARN and letter.is_automatic
        unworded = Text(key=f"console.letter.{'automatic_warn' if automatic else letter.kind.value}")
        return Aside(
            kind=letter.kind.value,
            at=letter.at,
            lines=(self._presenter.say_text(letter.notice or unworded),),
            appeal_id=letter.case_id if is_sanction and self._can_appeal else "",
        )

    def _called(self, visit: Visit) -> list[Aside]:
        """To what this person was called lately, and the last digest where they may see it."""
        if self._calls is None:
            return []
        say, sees_crisis = self._presenter.say, roles_of(visit.voice) & VISIBLE_TO[Concern.CRISIS]
        asides = [
            Aside(kind="call", at=each.at, lines=(say("console.called"), self._worded(each.card.title)))
            for each in self._calls.calls_for(visit.voice.id)[-CALLS_SHOWN:]
        ]
        for each in list(self._calls.digests)[-1:] if sees_crisis else ():
            texts = (each.card.title, *each.card.lines)
            asides.append(Aside(kind="digest", at=each.at, lines=tuple(map(self._worded, texts))))
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

    def _composer(
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
        values = self.values(visit) | {"draft": draft, "editing": editing, "problem": problem}
        return self._templates.answer("composed.html", code=status, **values)

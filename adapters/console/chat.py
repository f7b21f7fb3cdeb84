"""The left half: the small chat community, where a visitor speaks as one of its members."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.pages import Templates
from adapters.console.security import MAX_BODY_BYTES
from adapters.console.sources import ChatRoom
from adapters.console.visit import VOICE_COOKIE, Visit, visit_of
from adapters.console.wording import shortened
from core.errors import NotAllowed, Unavailable
from core.model.message import Message, MessageId

MESSAGES_SHOWN = 60
CHARS_SHOWN = 1_200
CHANNELS_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message as the chat shows it; `starts` when its author wasn't the last speaker."""

    message: Message
    text: str
    left_out: int
    starts: bool
    is_own: bool


class ChatPages:
    """Reading, writing, editing and deleting."""

    def __init__(self, *, chat: ChatRoom, templates: Templates) -> None:
        self._chat = chat
        self._templates = templates

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
            "letters": self._chat.letters_for(visit.voice.id),
            "silent": self._chat.why_silent(visit.voice.id, visit.channel.id),
            "draft": "",
            "editing": None,
            "problem": "",
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

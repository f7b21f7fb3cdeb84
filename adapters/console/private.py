"""What one member alone sees in the demo's chat: they ask by a command or a button, and a panel opens for them.

Nothing is kept of it here: a page carries where its buttons lead, and whose it is. A page that was opened for another
voice, in another tab for instance, is not gone on with: the browser starts anew as whoever speaks now.
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.console.member_pages import MemberPages
from adapters.console.pages import Templates
from adapters.console.sources import ChatRoom, MemberDesk, Opened
from adapters.console.visit import Visit, visit_of
from core.care.members import Command
from core.errors import GaveUp, Unavailable
from core.model.page import Asker, Page

COMMAND = re.compile(rf"/(?P<name>{'|'.join(Command)})(?:\s.*)?", re.IGNORECASE | re.DOTALL)
"""A command and whatever stands behind it, which is neither kept nor said: it may be for nobody's eyes."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class PrivatePanel:
    """Opens members' pages, for whoever speaks."""

    def __init__(
        self,
        *,
        desk: MemberDesk | None,
        chat: ChatRoom,
        templates: Templates,
        pages: MemberPages,
        opened: Opened | None = None,
    ) -> None:
        """Without a `desk` no command is one. `opened` has what members have open who are played by a script."""
        self._desk = desk
        self._chat = chat
        self._templates = templates
        self._pages = pages
        self._opened = opened

    @property
    def is_there(self) -> bool:
        """Whether anything can be asked for."""
        return self._desk is not None

    def routes(self) -> list[Route]:
        """The addresses served here."""
        if self._desk is None:
            return []
        return [Route("/chat/private", self.open, methods=["POST"]), Route("/chat/private", self.played)]

    async def played(self, request: Request) -> Response:
        """What whoever speaks has open because they are played; an empty panel once they have closed it."""
        visit = visit_of(request, self._chat)
        page = self._opened.page_for(visit.voice.id) if self._opened else None
        if page is None and "played" not in request.query_params:
            return Response(status_code=204)
        shown = {"private": self._pages.shown(page), "is_played": True} if page else {}
        return self._templates.answer("private.html", **self.closed(visit) | shown)

    async def open(self, request: Request) -> Response:
        """The page of a command, or the one that a button leads to."""
        form = await request.form()
        visit = visit_of(request, self._chat, str(form.get("channel", "")))
        if form.get("voice") != visit.voice.id:
            return Response(status_code=409, headers={"hx-refresh": "true"})
        values = await self.values(request, visit, command=str(form.get("command", "")), to=str(form.get("to", "")))
        return self._templates.answer("private.html", 503 if values["is_refused"] else 200, **values)

    def asked_for(self, text: str) -> Command | None:
        """The command that this text is; None for what is only said."""
        found = COMMAND.fullmatch(text.strip()) if self._desk else None
        return Command(found["name"].lower()) if found else None

    async def values(self, request: Request, visit: Visit, *, command: str = "", to: str = "") -> dict[str, Any]:
        """The panel with a page in it, or with the word that it could not be had."""
        asker = Asker(community=self._chat.community, member=visit.voice.id, locale=wanted_language(request))
        try:
            page = await self._page(asker, command, to)
        except (Unavailable, GaveUp):
            page = None
        return self.closed(visit) | {
            "private": self._pages.shown(page) if page else None,
            "is_refused": page is None,
            "again": {"command": command} if command else {"to": to},
        }

    def closed(self, visit: Visit) -> dict[str, Any]:
        """The panel as it is at first."""
        return {
            "private": None,
            "is_refused": False,
            "is_played": False,
            "again": {},
            "voice": visit.voice,
            "channel": visit.channel,
            "has_private": self.is_there,
        }

    async def _page(self, asker: Asker, command: str, to: str) -> Page | None:
        if self._desk is None:
            return None
        if command in set(Command):
            return await self._desk.command(asker, Command(command))
        return await self._desk.press(asker, to)


def wanted_language(request: Request) -> str:
    """What the browser is set to first; "" where it doesn't say."""
    first = request.headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip()
    return first if _LANGUAGE.fullmatch(first) else ""

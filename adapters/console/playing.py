"""The demo's bar: what is being played, what time it is in the community, and moving its clock on."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from adapters.console.pages import Templates
from adapters.console.sources import Hands, Player

MOVES = {
    "10m": timedelta(minutes=10),
    "1h": timedelta(hours=1),
    "8h": timedelta(hours=8),
    "1d": timedelta(days=1),
}
"""How far the clock can be moved on in one click, by the value of the button."""


class PlayingBar:
    """The caption and the clock."""

    def __init__(
        self, *, clock: Hands, templates: Templates, players: Sequence[Player], tell: Callable[[], None]
    ) -> None:
        """`tell` is called when the clock was moved: everything on the page may have changed."""
        self._clock = clock
        self._templates = templates
        self._players = players
        self._tell = tell

    def routes(self) -> list[Route]:
        """The addresses served here."""
        return [
            Route("/playing", self.bar),
            Route("/clock/move", self.move, methods=["POST"]),
        ]

    def values(self) -> dict[str, Any]:
        """What the bar shows now: the caption of what runs, or else the last that there was."""
        captions = sorted((each.progress() for each in self._players), key=lambda progress: not progress.is_running)
        return {
            "playing": {
                "now": self._clock.now().astimezone(),
                "caption": next((each.caption for each in captions if each.caption), ""),
                "moves": MOVES,
            }
        }

    async def bar(self, request: Request) -> Response:
        """The bar, anew."""
        return self._templates.answer("playing.html", **self.values())

    async def move(self, request: Request) -> Response:
        """Move the clock on by one of the steps."""
        form = await request.form()
        by = MOVES.get(str(form.get("by", "")))
        if by is None:
            return PlainTextResponse("The clock can't be moved by that.", 404, headers={"hx-reswap": "none"})
        self._clock.move(by)
        self._tell()
        return self._templates.answer("playing.html", **self.values())

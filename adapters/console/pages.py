"""The page itself: templates, the status line, notices, what nobody answered, and the players of scenes and logs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from adapters.console.assets import Assets
from adapters.console.notices import NoticeBoard
from adapters.console.presenting import Presenter, clock_time
from adapters.console.sources import Line, Player, Status
from adapters.console.visit import roles_of
from adapters.console.wording import plain, shown
from core.model.message import Author

TEMPLATES = Path(__file__).parent / "templates"
HUES = 6
ALARMS_SHOWN = 3
ALARMS_COUNTED = 100
"""So many or more are told as that."""
FURTHER = frozenset({"extend", "hand_over", "snooze", "escalate", "hold"})
"""The verbs behind "More"."""

Alarms = Callable[[Request], Awaitable[Sequence[tuple[str, str]]]]
"""The cases that nobody answered, for whoever looks: an id and a line each."""


async def no_alarms(_: Request) -> Sequence[tuple[str, str]]:
    """For pages without a desk."""
    return ()


class Templates:
    """Renders templates; everything put into them is escaped."""

    def __init__(self, *, assets: Assets, presenter: Presenter, token: str) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "plain": plain,
            "shown": shown,
            "hue": _hue,
            "initial": _initial,
            "clock": clock_time,
        }
        self._environment.globals |= {
            "asset": assets.url,
            "say": presenter.say,
            "span": presenter.span,
            "roles": lambda member: _roles(presenter, member),
            "token": token,
            "further": FURTHER,
        }

    def render(self, name: str, **values: object) -> str:
        """One template as text."""
        return self._environment.get_template(name).render(**values)

    def answer(
        self, name: str, code: int = 200, headers: Mapping[str, str] | None = None, **values: object
    ) -> HTMLResponse:
        """One template as a response."""
        return HTMLResponse(self.render(name, **values), status_code=code, headers=dict(headers or {}))


class TopPages:
    """The status line, the notices and the players."""

    def __init__(
        self,
        *,
        templates: Templates,
        presenter: Presenter,
        notices: NoticeBoard,
        status: Callable[[Request], Status],
        players: Sequence[Player] = (),
        lines: Callable[[], Sequence[Line]] = tuple,
        alarms: Alarms = no_alarms,
        elsewhere: Callable[[Request], str | None] = lambda _: None,
    ) -> None:
        """`status` is asked at each rendering, `lines` for how platforms are connected, `alarms` for the banner.

        `elsewhere` is how the keys of those notices begin that another part of the page tells.
        """
        self._elsewhere = elsewhere
        self._lines = lines
        self._alarms = alarms
        self._templates = templates
        self._presenter = presenter
        self._notices = notices
        self._players = {player.name: player for player in players}
        self._status = status

    def routes(self) -> list[Route]:
        """The addresses served here."""
        return [
            Route("/top", self.top),
            Route("/players/{name}/{verb}", self.play, methods=["POST"]),
        ]

    async def values(self, request: Request) -> dict[str, Any]:
        """What the top of the page shows now."""
        lines, alarms = self._lines(), await self._alarms(request)
        texts = [*self._notices.current(self._elsewhere(request)), *(each.problem for each in lines if each.problem)]
        return {
            "status": self._status(request),
            "lines_up": lines,
            "alarms": alarms[:ALARMS_SHOWN],
            "more_alarms": max(0, len(alarms) - ALARMS_SHOWN),
            "are_all_alarms": len(alarms) < ALARMS_COUNTED,
            "notices": list(dict.fromkeys(map(self._presenter.say_text, texts))),
            "players": [(player, player.progress()) for player in self._players.values()],
        }

    async def top(self, request: Request) -> Response:
        """The top of the page, anew."""
        return self._templates.answer("top.html", **await self.values(request))

    async def play(self, request: Request) -> Response:
        """Start or stop a player."""
        player = self._players.get(request.path_params["name"])
        verb = request.path_params["verb"]
        if player is None or verb not in {"start", "stop"}:
            return PlainTextResponse("There is no such player.", 404, headers={"hx-reswap": "none"})
        player.start() if verb == "start" else player.stop()
        return self._templates.answer("top.html", **await self.values(request))


def _roles(presenter: Presenter, member: Author) -> str:
    return ", ".join(presenter.say(f"console.role.{role}") for role in sorted(roles_of(member)))


def _hue(member_id: str) -> int:
    return crc32(member_id.encode("utf-8", "replace")) % HUES


def _initial(name: str) -> str:
    return next((character.upper() for character in plain(name) if character.isalnum()), "?")

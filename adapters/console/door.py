"""The door: whoever acts for the people of a community has to hold the console's key.

The key travels in the part of the address after `#`, which browsers send to nobody; the page at `/enter` hands it over
once and gets a cookie for it, which is derived from the key and so holds until there is another key.
"""

import hashlib
import hmac

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.console.health import OPEN_PATHS
from adapters.console.pages import Templates

COOKIE = "lightkeeper_session"
ENTER = "/enter"
STATIC = "/static/"
A_MONTH_S = 30 * 86400


class Key:
    """The console's key; compared in constant time, shown by nothing."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self.session = hmac.new(self._secret, b"lightkeeper console session", hashlib.sha256).hexdigest()

    def is_it(self, given: str) -> bool:
        """Whether that is the key."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._secret)

    def is_session(self, given: str) -> bool:
        """Whether that cookie was given for the key."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.session.encode())


class Door:
    """ASGI middleware: lets in who has the cookie, and everybody to what is open."""

    def __init__(self, app: ASGIApp, *, key: Key, templates: Templates) -> None:
        self._app = app
        self._key = key
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._may_pass(scope):
            await self._closed(scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path in OPEN_PATHS or path == ENTER or path.startswith(STATIC):
            return True
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        return self._key.is_session(cookies.get(COOKIE, ""))

    def _closed(self, scope: Scope) -> Response:
        if scope["method"] not in {"GET", "HEAD"} or scope["path"] != "/":
            return PlainTextResponse("Open the console with its link first: `lightkeeper console` prints it.", 401)
        return self._templates.answer("enter.html", code=401)


class EntryPages:
    """Handing the key over."""

    def __init__(self, *, key: Key, templates: Templates) -> None:
        self._key = key
        self._templates = templates

    def routes(self) -> list[Route]:
        """The address served here."""
        return [Route(ENTER, self.ask), Route(ENTER, self.enter, methods=["POST"])]

    async def ask(self, request: Request) -> Response:
        """The page that reads the key out of its own address, or asks for it."""
        return self._templates.answer("enter.html")

    async def enter(self, request: Request) -> Response:
        """The cookie for the key."""
        form = await request.form()
        if not self._key.is_it(str(form.get("key", "")).strip()):
            return PlainTextResponse("That is not the console's key.", 401)
        answer = Response(status_code=204)
        answer.set_cookie(COOKIE, self._key.session, max_age=A_MONTH_S, httponly=True, samesite="strict", path="/")
        return answer

"""What keeps other web sites out of the console, and the console from loading anything from elsewhere.

The console listens on a loopback address and has no login in the demo, so the browser is the door: a page of another
site must not be able to read it (no DNS rebinding: the Host header has to be one of ours), to click in it (a POST has
to come from our own page and carry the token that stands in it), or to frame it.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
TOKEN_HEADER = "x-lightkeeper-token"  # noqa: S105 - the name of a header
MAX_BODY_BYTES = 4 * 1024 * 1024

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def new_token() -> str:
    """A token for this process's pages."""
    return secrets.token_urlsafe(24)


class Guard:
    """ASGI middleware: refuses what does not come from our own pages and dresses every answer."""

    def __init__(self, app: ASGIApp, *, token: str, hosts: frozenset[str] = LOOPBACK) -> None:
        """`hosts` are the names (without port) under which the console may be addressed."""
        self._app = app
        self._token = token
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, dressed)
            return
        await self._app(scope, _Limited(receive), dressed)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name_of(host) not in self._hosts:
            return PlainTextResponse("This console is not served under that name.", 421)
        if scope["method"] in {"GET", "HEAD"}:
            return None
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return PlainTextResponse("Clicks have to come from the console's own page.", 403)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return PlainTextResponse("Clicks have to come from the console's own page.", 403)
        if not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
            return PlainTextResponse("The page is older than the console: reload it.", 403)
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return PlainTextResponse("That is too long.", 413)
        return None


class _Limited:
    """Cuts off a body that is longer than it said it would be."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = MAX_BODY_BYTES

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                return {"type": "http.disconnect"}
        return message


def _name_of(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()

"""What machines ask: does the process answer, is the bot ready, and its figures. No login, no id of anybody."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from adapters.console.sources import Readiness

OPEN_PATHS = frozenset({"/livez", "/readyz", "/metrics"})


async def livez(_: Request) -> Response:
    """Says that the process answers, so its event loop turns."""
    return PlainTextResponse("ok")


def health_routes(
    readiness: Callable[[], Awaitable[Readiness]], metrics: Callable[[], Awaitable[bytes]], media_type: str
) -> list[Route]:
    """`/livez`, `/readyz` (503 while the bot is not ready) and `/metrics`, of that media type."""

    async def readyz(_: Request) -> Response:
        told = await readiness()
        state = "not ready" if not told.is_ready else "degraded" if told.is_degraded else "ready"
        parts = {name: dict(facts) for name, facts in told.parts.items()}
        return JSONResponse({"status": state, "parts": parts}, 200 if told.is_ready else 503)

    async def figures(_: Request) -> Response:
        return Response(await metrics(), headers={"content-type": media_type})

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", figures)]

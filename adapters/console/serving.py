"""Serving the console on a socket of this machine, until it is asked to end."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from adapters.console.ending import Ending
from core.errors import ConfigurationRefused

GRACE_S = 1
"""How long answers under way may go on after the end was asked for."""


class _Server(uvicorn.Server):
    """Ends when `ending` is asked for; signals are left alone."""

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._ending.is_asked

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket: whoever connects from now on is answered once it is served.

    Raises: `ConfigurationRefused` when the port is taken or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationRefused(
                path="port",
                reason=f"{port} is in use",
                hint="is Lightkeeper running already? else name another one; 0 takes any free one",
            ) from None
        raise ConfigurationRefused(path="host", reason=f"can't listen on {host}:{port}: {error.strerror}") from None
    return listener


async def serve(app: ASGIApp, listener: socket.socket, ending: Ending | None = None) -> None:
    """Serve until `ending` is asked for or cancellation; answers under way are finished before it returns."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S, server_header=False
    )
    ending = ending or Ending()
    serving = asyncio.ensure_future(_Server(config, ending).serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        ending.ask()
        await serving
        raise
    finally:
        listener.close()

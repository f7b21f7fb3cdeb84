"""Serving the console on a socket of this machine, until a signal asks it to end."""

import asyncio
import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from core.errors import ConfigurationRefused

GRACE_S = 1
"""How long open answers (event streams never end by themselves) may go on after a signal."""


class _Server(uvicorn.Server):
    """Leaves signals to `serve`, which ends the server and lets everything around it close in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises: `ConfigurationRefused` when the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationRefused(
                path="port", reason=f"{port} is in use", hint="name another one; 0 takes any free one"
            ) from None
        raise ConfigurationRefused(path="host", reason=f"can't listen on {host}:{port}: {error.strerror}") from None
    return listener


async def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGINT, SIGTERM or cancellation; answers under way are finished before it returns."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_S, server_header=False
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()

    def end() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        end()
        await serving
        raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        listener.close()

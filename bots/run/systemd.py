"""What systemd wants to hear from a service of Type=notify: ready, stopping, still alive. Silent where nobody asks."""

import asyncio
import os
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger()


class Systemd:
    """Tells the service manager that started this process."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        wanted_us = environment.get("WATCHDOG_USEC", "")
        is_meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.every_s = int(wanted_us) / 2_000_000 if wanted_us.isdecimal() and is_meant else None
        """How often it wants to hear that this process is alive; None when it doesn't."""

    def tell(self, fact: str) -> None:
        """One fact, such as `READY=1`."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)
                channel.sendto(fact.encode(), self._address)
        except OSError as error:
            log.warning("systemd_not_told", exc_info=error)

    async def run(self) -> None:
        """Say again and again that the loop turns, until cancelled; by the loop's own clock, which is what is meant."""
        while self.every_s:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(self.every_s)

"""The machine: memory, open files, the port of the pages, who runs the bot, and what the clock says."""

import os
import resource
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from bots.doctor.section import Section
from config.settings import Settings
from core.model.problem import Problem

LEAST_MEMORY_MIB = 900
"""A machine sold with 1 GB tells of a little less."""
LEAST_FILES = 512
MAX_SKEW = timedelta(seconds=30)
DEADLINE_S = 10.0


def examine_machine(settings: Settings, *, is_held: bool) -> Section:
    """What a running bot needs of the machine; the port is the bot's own while it runs."""
    problems = [*_memory(Path("/proc/meminfo")), *_files(), *_user()]
    if not is_held:
        problems += _port(settings.host, settings.port)
    return Section(name="Machine", problems=tuple(problems))


def _memory(meminfo: Path) -> Iterator[Problem]:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines() if ":" in line)
        total_mib = int(lines["MemTotal"].split()[0]) // 1024
    except (OSError, KeyError, ValueError):
        return
    if total_mib < LEAST_MEMORY_MIB:
        yield Problem(
            place="memory",
            reason=f"this machine has {total_mib} MiB, and 1 GB is the least that was tried",
            hint="take a larger one",
            is_grave=False,
        )


def _files() -> Iterator[Problem]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < LEAST_FILES:
        yield Problem(
            place="open files",
            reason=f"this user may open {soft}",
            hint=f"raise the limit to {LEAST_FILES} (ulimit -n, or LimitNOFILE= of the service)",
            is_grave=False,
        )


def _user() -> Iterator[Problem]:
    if os.geteuid() == 0:
        yield Problem(
            place="user",
            reason="this is root",
            hint="run the bot as a user of its own, as docs/lightkeeper.service does",
            is_grave=False,
        )


def _port(host: str, port: int) -> Iterator[Problem]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            yield Problem(
                place="LIGHTKEEPER_PORT",
                reason=f"{host}:{port} can't be used: {error.strerror}",
                hint="end what listens there, or choose another port",
            )


async def examine_clock(urls: Mapping[str, str], client: httpx.AsyncClient) -> Section:
    """This machine's clock beside those of the platforms, whose answers carry the time; `urls` by platform."""
    problems = []
    for platform, url in urls.items():
        try:
            answer = await client.head(url, timeout=DEADLINE_S)
            theirs = parsedate_to_datetime(answer.headers["date"])
        except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError):
            continue
        skew = abs(datetime.now(UTC) - theirs)
        if skew > MAX_SKEW:
            problems.append(
                Problem(
                    place="clock",
                    reason=f"is {skew.total_seconds():.0f} seconds off {platform}'s",
                    hint="set it (timedatectl set-ntp true): timeouts and leases end by it",
                )
            )
    return Section(name="Clock", problems=tuple(problems[:1]))


async def examine_heartbeat(url: str, client: httpx.AsyncClient) -> Section:
    """Whether the service that is told "I am well" answers; its address is a secret and is not repeated."""
    try:
        answer = await client.get(url, timeout=DEADLINE_S, follow_redirects=False)
        reason = "" if answer.is_success else f"it answers {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"it can't be reached: {type(error).__name__}"
    if not reason:
        return Section(name="Heartbeat")
    problem = Problem(
        place="LIGHTKEEPER_HEARTBEAT_URL", reason=reason, hint="copy the address anew from that service", is_grave=False
    )
    return Section(name="Heartbeat", problems=(problem,))

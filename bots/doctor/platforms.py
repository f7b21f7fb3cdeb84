"""The platforms, asked with the bot's own token: whether it is valid, and whether alerts can be posted."""

from collections.abc import AsyncIterator, Iterable, Mapping

from bots.doctor.section import Section, problems_of
from bots.platforms import probes_of
from config.communities import Served
from config.settings import Settings
from core.errors import ConfigurationRefused, RetryLater
from core.model.community import Community
from core.model.problem import Problem
from core.ports import Probe

DISCORD_URL = "https://discord.com/api/v10/gateway"


def clock_urls(settings: Settings) -> Mapping[str, str]:
    """What tells the time of each platform that is served."""
    urls = {}
    if settings.discord_token:
        urls["discord"] = DISCORD_URL
    if settings.telegram_token:
        urls["telegram"] = settings.telegram_api_url
    return urls


async def examine_platforms(settings: Settings, served: Served | None) -> Section:
    """Every token, and every community that its bot serves."""
    probes = probes_of(settings)
    if not probes:
        return Section(name="Platforms", note="no token is set", is_skipped=True)
    problems: list[Problem] = []
    for name, probe in probes.items():
        communities = served.of(name).values() if served else ()
        problems += [each async for each in _examined(name, probe, communities)]
    return Section(name="Platforms", problems=tuple(problems), note=", ".join(probes))


async def _examined(name: str, probe: Probe, communities: Iterable[Community]) -> AsyncIterator[Problem]:
    try:
        for problem in (await probe.identify()).problems:
            yield problem
        for community in communities:
            for problem in await probe.examine(community):
                yield problem
    except ConfigurationRefused as refused:
        for problem in problems_of(refused):
            yield problem
    except RetryLater as later:
        yield Problem(place=name, reason=f"can't be reached: {later.reason}", hint="see whether this machine is online")

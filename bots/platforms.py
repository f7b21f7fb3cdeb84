"""Which adapter serves which platform: Discord and Telegram, and plug-ins that were installed beside them.

An adapter's library is loaded only when a community of its platform is served. A plug-in offers, under the entry-point
group `lightkeeper.adapters` and its platform's name, a callable that speaks `Connect`; it reads its own settings.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from config.refusal import nearest, refusal_of
from config.settings import PREFIX, Settings
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.message import CommunityId
from core.ports import Clock, Connection, Intake, Notices, Probe, Texts

GROUP = "lightkeeper.adapters"
"""Entry points of this group name a callable that speaks `Connect`."""

BUILT_IN = ("discord", "telegram")


class Connect(Protocol):
    """Makes a connection without touching the network."""

    def __call__(
        self,
        *,
        communities: Mapping[CommunityId, Community],
        intake: Intake,
        clock: Clock,
        notices: Notices,
        texts: Texts,
    ) -> Connection:
        """`communities` are those of its platform; what happens in others is not taken in."""
        ...


def adapter_names() -> frozenset[str]:
    """The platforms that can be served; nothing is loaded for it."""
    return frozenset((*BUILT_IN, *(point.name for point in entry_points(group=GROUP))))


def connectors(platforms: Iterable[str], settings: Settings) -> Mapping[str, Connect]:
    """How to connect to each of these platforms.

    Raises: `ConfigurationRefused` for a platform without an adapter, one whose token is not set, or a plug-in that
        can't be used; several at once as `SeveralRefused`.
    """
    found: dict[str, Connect] = {}
    refusals = []
    for platform in sorted(set(platforms)):
        try:
            found[platform] = _connector(platform, settings)
        except ConfigurationRefused as refused:
            refusals.append(refused)
    if refusals:
        raise refusal_of(refusals)
    return found


def probe_of(platform: str, token: str, settings: Settings) -> Probe:
    """What asks a platform with a token while no bot runs.

    Raises: `ConfigurationRefused` for a platform that can't be asked.
    """
    if platform in BUILT_IN:
        probe: Probe = _built_in(platform, "probe", "probe")(token=token, **_address(platform, settings))
        return probe
    raise ConfigurationRefused(platform, "its adapter can't be asked", "its own guide says how it is set up")


def probes_of(settings: Settings) -> Mapping[str, Probe]:
    """A probe for each token that is set."""
    return {name: probe_of(name, token, settings) for name, token in tokens_of(settings).items()}


def tokens_of(settings: Settings) -> Mapping[str, str]:
    """The token of each platform that one is set for."""
    return {name: token for name in BUILT_IN if (token := _token(name, settings))}


def check_tokens(settings: Settings) -> None:
    """Look at the tokens that are set, without asking anybody.

    Raises: `ConfigurationRefused` for what can't be a token; several at once as `SeveralRefused`.
    """
    refusals = []
    for platform, module in (("discord", "tokens"), ("telegram", "api")):
        if token := _token(platform, settings):
            try:
                _built_in(platform, module, "check_shape")(token)
            except ConfigurationRefused as refused:
                refusals.append(refused)
    if refusals:
        raise refusal_of(refusals)


def _connector(platform: str, settings: Settings) -> Connect:
    if platform not in BUILT_IN:
        return _plugin(platform)
    token = _token(platform, settings)
    if token is None:
        name = f"{PREFIX}{platform.upper()}_TOKEN"
        raise ConfigurationRefused(
            name, f"is not set, and a community of {platform} is served", "`lightkeeper init` asks for it"
        )
    connect, address = _built_in(platform, "connection", "connect"), _address(platform, settings)

    def connected(**surroundings: Any) -> Connection:  # no partial, whose repr would show the token
        connection: Connection = connect(token=token, locale=settings.locale, **address, **surroundings)
        return connection

    return connected


def _built_in(platform: str, module: str, name: str) -> Callable[..., Any]:
    """Loaded only now: a platform's library takes a second or two."""
    function: Callable[..., Any] = getattr(importlib.import_module(f"adapters.{platform}.{module}"), name)
    return function


def _address(platform: str, settings: Settings) -> Mapping[str, str]:
    return {"base_url": settings.telegram_api_url} if platform == "telegram" else {}


def _token(platform: str, settings: Settings) -> str | None:
    secret = settings.discord_token if platform == "discord" else settings.telegram_token
    return secret.get_secret_value() if secret else None


def _plugin(platform: str) -> Connect:
    points = entry_points(group=GROUP, name=platform)
    if not points:
        hint = nearest(platform, sorted(adapter_names()))
        raise ConfigurationRefused(f"platform {platform}", "no adapter for it is installed", hint)
    if len(points) > 1:
        raise _refused(*points, reason="several plug-ins serve it", hint="uninstall all but one")
    (point,) = points
    try:
        connect: Callable[..., Connection] = point.load()
    except Exception as error:
        raise _refused(
            point, reason=f"can't be imported: {type(error).__name__}", hint="reinstall or uninstall it"
        ) from error
    if not callable(connect):
        raise _refused(point, reason="is no callable", hint="see bots.platforms.Connect")
    return connect


def _refused(*points: EntryPoint, reason: str, hint: str) -> ConfigurationRefused:
    values = ", ".join(sorted(point.value for point in points))
    return ConfigurationRefused(f"{GROUP}: {points[0].name} ({values})", reason, hint)

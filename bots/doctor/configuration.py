"""Settings, the files they stand in, and the communities: what was written down, without asking any platform."""

import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bots.doctor.duty import problems_of_rota
from bots.doctor.places import WITHOUT_ROLES, problems_of_ids, problems_of_places
from bots.doctor.section import Section, problems_of
from bots.platforms import check_tokens
from config.communities import Served, load_communities
from config.settings import PREFIX, Settings, load_settings
from core.care.members import Languages
from core.errors import ConfigurationRefused
from core.model.case import Enforcement
from core.model.community import Community
from core.model.policy import CommunityPolicy
from core.model.problem import Problem

LEAST_RESPONDERS = 2

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def examine_settings(env_file: Path) -> tuple[Section, Settings | None]:
    """The settings, None when they are refused, and the file they stand in."""
    problems = [*_open_secrets(env_file)]
    try:
        settings = load_settings(env_file)
    except ConfigurationRefused as refused:
        return Section(name="Settings", problems=(*problems_of(refused), *problems)), None
    problems += [*_not_ours(env_file), *_tokens(settings), *_addresses(settings)]
    note = f"from {env_file} and the environment" if env_file.exists() else "from the environment"
    return Section(name="Settings", problems=tuple(problems), note=note), settings


def _open_secrets(env_file: Path) -> Iterator[Problem]:
    try:
        mode = env_file.stat().st_mode
    except OSError:
        return
    if stat.S_ISREG(mode) and mode & 0o077:
        yield Problem(
            place=str(env_file),
            reason="others on this machine can read it, and with it the bot's tokens",
            hint=f"chmod 600 {env_file}",
        )


def _not_ours(env_file: Path) -> Iterator[Problem]:
    """Names in the file that look like settings but lack their beginning, and so mean nothing."""
    settings = [f"{PREFIX}{field.upper()}" for field in Settings.model_fields]
    for name in dotenv_values(env_file, interpolate=False) if env_file.is_file() else ():
        if name.upper().startswith(PREFIX):
            continue
        meant = {f"{PREFIX}{name.upper()}"} & set(settings) or get_close_matches(name.upper(), settings, 1, 0.85)
        for setting in meant:
            yield Problem(
                place=f"{env_file}: {name}",
                reason="is not a setting of Lightkeeper's, and means nothing",
                hint=f"did you mean {setting}?",
                is_grave=False,
            )


def _tokens(settings: Settings) -> Sequence[Problem]:
    try:
        check_tokens(settings)
    except ConfigurationRefused as refused:
        return problems_of(refused)
    return ()


def _addresses(settings: Settings) -> Iterator[Problem]:
    if settings.heartbeat_url is not None and not urlsplit(settings.heartbeat_url.get_secret_value()).hostname:
        yield Problem(
            place=f"{PREFIX}HEARTBEAT_URL", reason="names no host", hint="copy the whole address from that service"
        )
    api = urlsplit(settings.telegram_api_url)
    if settings.telegram_token and api.scheme == "http" and api.hostname not in _LOCAL:
        yield Problem(
            place=f"{PREFIX}TELEGRAM_API_URL",
            reason="sends the bot's token unencrypted to another machine",
            hint="use https://, unless the way there is yours alone",
            is_grave=False,
        )


def examine_communities(
    settings: Settings, adapters: frozenset[str], now: datetime, languages: Languages | None = None
) -> tuple[Section, Served | None]:
    """The communities file and the policies that it names.

    Args:
        settings: They name the file.
        adapters: The platforms that this installation can serve.
        now: The rotas are looked at from then on.
        languages: Those that there are for members; None where their texts can't be read.
    """
    try:
        served = load_communities(settings.communities, languages)
    except ConfigurationRefused as refused:
        return Section(name="Communities", problems=problems_of(refused)), None
    name = settings.communities.name
    problems = [*_platforms(settings, served, adapters, name)]
    for community in served.communities.values():
        problems += problems_of_ids(community, name)
        policy = served.policies[community.id]
        problems += _people(community, policy, name)
        problems += problems_of_rota(community, policy.rota, name, now)
    problems += problems_of_places(tuple(served.communities.values()), name)
    count = len(served.communities)
    note = f"{count} {'community' if count == 1 else 'communities'}"
    shadow = sum(policy.enforcement is Enforcement.SHADOW for policy in served.policies.values())
    note += f", {shadow} in shadow mode" if shadow else ""
    return Section(name="Communities", problems=tuple(problems), note=note), served


def _platforms(settings: Settings, served: Served, adapters: frozenset[str], name: str) -> Iterator[Problem]:
    named = {str(community.platform) for community in served.communities.values()}
    for platform in sorted(named - adapters):
        yield Problem(
            place=f"{name}: platform {platform}",
            reason="no adapter of this name is installed",
            hint=f"use one of: {', '.join(sorted(adapters))}",
        )
    tokens = {"discord": settings.discord_token, "telegram": settings.telegram_token}
    for platform, token in tokens.items():
        setting = f"LIGHTKEEPER_{platform.upper()}_TOKEN"
        if platform in named and token is None:
            yield Problem(
                place=setting,
                reason=f"is not set, and {name} names a community on {platform}",
                hint="run `lightkeeper init`, or put the token into .env",
            )
        if platform not in named and token is not None:
            yield Problem(
                place=setting,
                reason=f"is set, but {name} names no community on {platform}",
                hint="add the community, or take the token away",
                is_grave=False,
            )


def _people(community: Community, policy: CommunityPolicy, name: str) -> Iterator[Problem]:
    place = f"{name}: {community.name}"
    has_roles = community.platform not in WITHOUT_ROLES
    if not (has_roles and community.responder_roles) and len(community.responders) < LEAST_RESPONDERS:
        nobody = not community.responders
        yield Problem(
            place=f"{place}: responders",
            reason="nobody looks after crisis cases, and the policy wants somebody within "
            f"{policy.targets.level_4_minutes} minutes; they reach owners only"
            if nobody
            else "one person alone looks after crisis cases: there is nobody to look along",
            hint=f"name at least {LEAST_RESPONDERS} adults who agreed and read docs/guides/moderators.md",
            is_grave=nobody,
        )
    if not (has_roles and community.moderator_roles) and not community.moderators:
        yield Problem(
            place=f"{place}: moderators",
            reason="nobody but the owners decides about conduct",
            hint="name moderators, or roles that hold them",
            is_grave=False,
        )

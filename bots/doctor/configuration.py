"""Settings, the files they stand in, and the communities: what was written down, without asking any platform."""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from bots.doctor.section import Section, problems_of
from config.communities import Served, load_communities
from config.settings import Settings, load_settings
from core.errors import ConfigurationRefused
from core.model.case import Enforcement
from core.model.community import Community
from core.model.problem import Problem

LEAST_RESPONDERS = 2

_SNOWFLAKE = (re.compile(r"\d{15,20}"), "a Discord id is 17 to 20 digits: switch on developer mode, then Copy ID")
_TELEGRAM_CHAT = (re.compile(r"-?\d{5,20}(/\d{1,20})?"), "a Telegram id is a number; a supergroup's begins with -100")
_TELEGRAM_MEMBER = (re.compile(r"\d{5,20}"), "a Telegram member's id is a number, not a name")
_SHAPES: Mapping[str, tuple[tuple[re.Pattern[str], str], tuple[re.Pattern[str], str]]] = {
    "discord": (_SNOWFLAKE, _SNOWFLAKE),
    "telegram": (_TELEGRAM_CHAT, _TELEGRAM_MEMBER),
}
"""For each platform what ids of channels and of members look like, and what to do."""


def examine_settings(env_file: Path) -> tuple[Section, Settings | None]:
    """The settings, None when they are refused, and the file they stand in."""
    problems = [*_open_secrets(env_file)]
    try:
        settings = load_settings(env_file)
    except ConfigurationRefused as refused:
        return Section(name="Settings", problems=(*problems_of(refused), *problems)), None
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


def examine_communities(settings: Settings, adapters: frozenset[str]) -> tuple[Section, Served | None]:
    """The communities file; `adapters` are the platforms that this installation can serve."""
    try:
        served = load_communities(settings.communities)
    except ConfigurationRefused as refused:
        return Section(name="Communities", problems=problems_of(refused)), None
    name = settings.communities.name
    problems = [*_platforms(settings, served, adapters, name)]
    for community in served.communities.values():
        problems += _ids(community, name)
        problems += _people(community, name)
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


def _ids(community: Community, name: str) -> Iterator[Problem]:
    shapes = _SHAPES.get(community.platform)
    if shapes is None:
        return
    (channel, channel_hint), (member, member_hint) = shapes
    place = f"{name}: {community.name}"
    for field, value in (
        ("id", community.native_id),
        ("alerts", community.alerts),
        ("crisis_alerts", community.crisis_alerts),
    ):
        if not channel.fullmatch(value):
            yield Problem(place=f"{place}: {field}", reason="is no id of this platform", hint=channel_hint)
    for field, members in (
        ("owners", community.owners),
        ("moderators", community.moderators),
        ("responders", community.responders),
    ):
        if any(not member.fullmatch(each) for each in members):
            yield Problem(place=f"{place}: {field}", reason="holds something that is no member's id", hint=member_hint)


def _people(community: Community, name: str) -> Iterator[Problem]:
    place = f"{name}: {community.name}"
    if not community.responder_roles and len(community.responders) < LEAST_RESPONDERS:
        nobody = not community.responders
        yield Problem(
            place=f"{place}: responders",
            reason="nobody looks after crisis cases; they reach owners only"
            if nobody
            else "one person alone looks after crisis cases",
            hint=f"name at least {LEAST_RESPONDERS} adults who agreed and read docs/guides/moderators.md",
            is_grave=nobody,
        )
    if not community.moderator_roles and not community.moderators:
        yield Problem(
            place=f"{place}: moderators",
            reason="nobody but the owners decides about conduct",
            hint="name moderators, or roles that hold them",
            is_grave=False,
        )
    if community.crisis_alerts == community.alerts:
        yield Problem(
            place=f"{place}: crisis_alerts",
            reason="is the same place as alerts: everybody who sees alerts sees who may be in crisis",
            hint="make a place that only responders can read",
            is_grave=False,
        )
    if community.native_id in {community.alerts, community.crisis_alerts}:
        yield Problem(
            place=f"{place}: alerts",
            reason="is the community itself: its members would read the alerts",
            hint="make a place that only moderators can read",
        )

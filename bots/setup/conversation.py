"""The conversation of `lightkeeper init`: platform, token, community, places, people, preset; each tried at once.

Nothing is written before the end, so that leaving in the middle changes nothing.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from bots.setup.asking import Asker, choose, choose_several, numbered, plain
from bots.setup.helping import WITHOUT_CHANNELS, ask_help, ask_services
from config.communities import CommunityEntry, community_of
from config.policies.loader import PRESETS
from core.errors import ConfigurationRefused, RetryLater
from core.member_ports import Directory
from core.model.problem import Problem
from core.model.resource import Confirmation
from core.model.survey import Candidate, Identity, Named
from core.ports import Probe

Answer = TypeVar("Answer")
TOLD_CHARS = 500

GUIDES: Mapping[str, str] = {
    "discord": (
        "Discord: open https://discord.com/developers/applications, make a New Application, and under Bot\n"
        "  - switch on MESSAGE CONTENT INTENT, without which no message can be read,\n"
        "  - press Reset Token and copy the token."
    ),
    "telegram": (
        "Telegram: write to @BotFather,\n"
        "  - send /newbot, give it a name, and copy the token,\n"
        "  - send /setprivacy, choose the bot, and Disable, without which it sees no ordinary message."
    ),
}
ADDING: Mapping[str, str] = {
    "discord": "Open this address and add the bot to your server:",
    "telegram": (
        "Add the bot to your group, and to the group or groups where alerts should go. Make it an administrator\n"
        "that may delete messages, ban users and pin messages. Then write any message in each of them."
    ),
}
PLACES: Mapping[str, tuple[str, str]] = {
    "discord": ("In which channel do moderators get alerts?", "In which channel do responders get crisis alerts?"),
    "telegram": ("In which group do moderators get alerts?", "In which group do responders get crisis alerts?"),
}
PRESET_WORDS: Mapping[str, str] = {
    "general": "general: a start for most communities",
    "gaming": "gaming: banter between players alerts later; threats and hatred still do",
    "support-community": "support-community: distress alerts at once, and unkind words early",
}


ProbeOf = Callable[[str, str], Probe]
"""The probe of a platform's name and a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is to be written: settings by name, communities, and services that were re-read."""

    settings: Mapping[str, str]
    entries: tuple[CommunityEntry, ...]
    confirmations: tuple[Confirmation, ...] = ()


async def converse(
    asker: Asker,
    probe_of: ProbeOf,
    platforms: Sequence[str],
    known: tuple[CommunityEntry, ...] = (),
    tokens: Mapping[str, str] = MappingProxyType({}),
    *,
    directory: Directory,
    today: date,
) -> Answers:
    """Ask until there is something to write.

    Args:
        asker: The person.
        probe_of: Gives each platform's probe.
        platforms: What can be served.
        known: Communities that stand in the file already; one that is set up again takes its old place.
        tokens: Of each platform that one is set for already; one that is kept is not written again.
        directory: The services there are, to be re-read for the community's countries.
        today: The day that it is.
    """
    settings: dict[str, str] = {}
    entries = {(entry.platform, entry.id): entry for entry in known}
    read: dict[str, Confirmation] = {}
    if known:
        asker.tell(f"These are served already: {', '.join(plain(entry.name) for entry in known)}. They stay.")
    while True:
        platform = choose_platform(asker, platforms)
        name = f"LIGHTKEEPER_{platform.upper()}_TOKEN"
        held = settings.get(name) or tokens.get(platform, "")
        token, probe, identity = await _token(asker, probe_of, platform, held)
        if token != held:
            settings[name] = token
        held_entries = {entry.id: entry for entry in entries.values() if entry.platform == platform}
        entry = await _community(asker, probe, platform, identity, held_entries)
        entries[entry.platform, entry.id] = entry
        read |= {each.service: each for each in ask_services(asker, entry, directory, today)}
        if not asker.confirm("Set up another community?", default=False):
            return Answers(settings=settings, entries=tuple(entries.values()), confirmations=tuple(read.values()))


def choose_platform(asker: Asker, platforms: Sequence[str]) -> str:
    """One of the platforms, by number or name."""
    asker.tell()
    asker.tell("Where is your community?")
    for number, name in enumerate(platforms, start=1):
        asker.tell(f"  {number}) {name.capitalize()}")
    while True:
        answer = asker.ask("  (number)", "1").lower()
        if answer in platforms:
            return answer
        if number := numbered(answer, len(platforms)):
            return platforms[number - 1]
        asker.tell("  One of them, please.")


async def _token(asker: Asker, probe_of: ProbeOf, platform: str, held: str) -> tuple[str, Probe, Identity]:
    asker.tell()
    is_kept = held and asker.confirm(f"A token for {platform.capitalize()} is set already. Keep it?", default=True)
    token = held if is_kept else ""
    if not is_kept:
        asker.tell(GUIDES.get(platform, f"{platform.capitalize()}: have the token of your bot at hand."))
    while True:
        token = token or asker.ask("The token (it is not shown)", is_secret=True)
        if not token:
            continue
        probe = probe_of(platform, token)
        try:
            identity = await probe.identify()
        except ConfigurationRefused as refused:
            asker.tell(f"  That is not it: {refused.reason}. {refused.hint}".rstrip())
            token = ""
            continue
        except RetryLater as later:
            asker.tell(f"  It could not be tried: {later.reason}.")
            asker.ask("Enter: try again")
            continue
        asker.tell(f"  It works: this is {plain(identity.name)}.")
        while identity.problems:
            _tell_problems(asker, identity.problems)
            if asker.confirm("Go on without mending this?", default=False):
                break
            identity = await _retried(asker, probe.identify)
        return token, probe, identity


async def _community(
    asker: Asker, probe: Probe, platform: str, identity: Identity, held: Mapping[str, CommunityEntry]
) -> CommunityEntry:
    candidates = await _candidates(asker, probe, platform, identity)
    while True:
        entry = _entry(asker, platform, candidates, held)
        examined = partial(probe.examine, community_of(entry))
        answer = ""
        while answer not in {"o", "g"}:
            problems = await _retried(asker, examined)
            if not problems:
                asker.tell("  The bot can do its work there.")
                return entry
            _tell_problems(asker, problems)
            answer = asker.ask("Enter: look again once that is mended · o: other answers · g: go on anyhow").lower()
        if answer == "g":
            return entry
        candidates = await _retried(asker, probe.survey)


async def _candidates(asker: Asker, probe: Probe, platform: str, identity: Identity) -> Sequence[Candidate]:
    asker.tell()
    asker.tell(ADDING.get(platform, "Add the bot to your community."))
    if identity.invite:
        asker.tell(f"  {identity.invite}")
    while True:
        asker.ask("Enter, once that is done")
        candidates = await _retried(asker, probe.survey)
        if candidates or asker.confirm("The bot is nowhere yet. Go on and type ids yourself?", default=False):
            return candidates


def _entry(
    asker: Asker, platform: str, candidates: Sequence[Candidate], held_entries: Mapping[str, CommunityEntry]
) -> CommunityEntry:
    communities = [Named(id=each.id, name=each.name) for each in candidates]
    chosen = choose(asker, "Which community should be looked after?", communities, "1" if communities else "")
    found = next((each for each in candidates if each.id == chosen), Candidate(id=chosen, name=""))
    held = held_entries.get(chosen)
    name = plain(found.name) or plain(asker.ask("What do its people call it?", "our community"))
    places = tuple(place for place in found.places if place.id.partition("/")[0] != chosen)
    alerts_question, crisis_question = PLACES.get(platform, ("Where do alerts go?", "Where do crisis alerts go?"))
    alerts = choose(asker, alerts_question, places)
    asker.tell()
    asker.tell("Crisis alerts tell who may be in trouble. Their place should be one that responders alone can read.")
    crisis_alerts = choose(asker, crisis_question, places)
    people = found.owners + tuple(each for each in found.staff if each not in found.owners)
    owners: tuple[str, ...] = ()
    while not owners:
        owners = choose_several(
            asker, "Who are the owners? (at least one)", people, ",".join(each.id for each in found.owners)
        )
    moderators = choose_several(asker, "Who decides about conduct?", (*found.roles, *people))
    asker.tell()
    asker.tell("Responders look after crisis cases: at least two adults who agreed and read docs/guides/moderators.md.")
    responders = choose_several(asker, "Who are the responders?", (*found.roles, *people))
    roles = {each.id for each in found.roles}
    preset = choose_preset(asker, held.policy if held else "")
    help_places = ask_help(asker, platform, _read_by_all(platform, found, name, {alerts, crisis_alerts}), held)
    return CommunityEntry(
        platform=platform,
        id=chosen,
        name=name,
        alerts=alerts,
        crisis_alerts=crisis_alerts,
        notice=help_places.notice,
        help_channels=help_places.help_channels,
        countries=help_places.countries,
        locale=held.locale if held else "en",
        accepted_drafts=held.accepted_drafts if held else frozenset(),
        policy=preset,
        owners=frozenset(owners),
        moderators=frozenset(moderators) - roles,
        responders=frozenset(responders) - roles,
        moderator_roles=frozenset(moderators) & roles,
        responder_roles=frozenset(responders) & roles,
    )


def _read_by_all(platform: str, found: Candidate, name: str, private: Collection[str]) -> Sequence[Named]:
    """The places of the community that its members read, as far as that is known here."""
    if platform in WITHOUT_CHANNELS:
        topics = [place for place in found.places if place.id.startswith(f"{found.id}/")]
        return [Named(id=found.id, name=name), *topics]
    return [place for place in found.places if place.id not in private]


def choose_preset(asker: Asker, held: str = "") -> str:
    """One of the presets, or the policy that is `held` already, by number or name."""
    presets = {name: PRESET_WORDS[name] for name in PRESET_WORDS if name in PRESETS}
    if held:
        presets = {held: f"{plain(held)}: as it is now", **{k: v for k, v in presets.items() if k != held}}
    names = list(presets)
    asker.tell()
    asker.tell("How should it judge? Automatic actions stay off until you switch them on.")
    for number, words in enumerate(presets.values(), start=1):
        asker.tell(f"  {number}) {words}")
    while True:
        answer = asker.ask("  (number)", "1")
        if answer.lower() in names or answer in names:
            return answer if answer in names else answer.lower()
        if number := numbered(answer, len(names)):
            return names[number - 1]
        asker.tell("  One of them, please.")


async def _retried(asker: Asker, call: Callable[[], Awaitable[Answer]]) -> Answer:
    while True:
        try:
            return await call()
        except RetryLater as later:
            asker.tell(f"  The platform could not be asked: {later.reason}.")
            asker.ask("Enter: try again")
        except ConfigurationRefused as refused:
            asker.tell(f"  {refused.reason}. {refused.hint}".rstrip())
            asker.ask("Enter: try again, Ctrl+C: leave")


def _tell_problems(asker: Asker, problems: Sequence[Problem]) -> None:
    for problem in problems:
        asker.tell(plain(f"  - {problem.place}: {problem.reason}", TOLD_CHARS))
        if problem.hint:
            asker.tell(plain(f"    -> {problem.hint}", TOLD_CHARS))

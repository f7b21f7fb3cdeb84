"""The part of `init` about help: where everybody reads what is screened, where the card stands, for which countries.

And at once the one step that makes services live: whoever sets up is shown the candidates of these countries.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bots.resources.verifying import ask_about, to_read
from bots.setup.asking import Asker, choose, choose_several, plain
from config.communities import CommunityEntry, community_of
from config.countries import check_country
from core.member_ports import Directory
from core.model.resource import Confirmation
from core.model.survey import Named

WITHOUT_CHANNELS = frozenset({"telegram"})
"""Platforms on which a community is one place, which everybody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPlaces:
    """Where the bot posts what everybody may read, and for whom it knows services."""

    notice: str
    help_channels: tuple[str, ...]
    countries: tuple[str, ...]


def ask_help(asker: Asker, platform: str, options: Sequence[Named], held: CommunityEntry | None) -> HelpPlaces:
    """Ask for all three.

    Args:
        asker: The person.
        platform: Of the community.
        options: The places that its members read; the community itself is the first where it is one.
        held: The community as it was set up before.
    """
    asker.tell()
    asker.tell("Before anything is screened for signs of crisis, the bot says what is screened, who sees it and how to")
    asker.tell("say no. Until that stands, nothing is screened for them.")
    proposed = "1" if platform in WITHOUT_CHANNELS else ""
    notice = choose(
        asker,
        "Where should the bot say that? Everybody has to be able to read it.",
        options,
        held.notice if held else proposed,
    )
    helps = choose_several(
        asker,
        "Where should the card with help stand, pinned?",
        options,
        ",".join(held.help_channels) if held else notice,
    )
    return HelpPlaces(notice=notice, help_channels=helps, countries=_countries(asker, held.countries if held else ()))


def ask_services(asker: Asker, entry: CommunityEntry, directory: Directory, today: date) -> list[Confirmation]:
    """Show the candidates of the community's countries, and collect what was re-read today; nothing is written."""
    state = directory.state()
    for refused in directory.refusals():
        asker.tell(f"  What you wrote down is left out: {refused}")
    waiting = to_read(state, today, entry.countries, community_of(entry))
    if not waiting or directory.refusals():
        return []
    asker.tell()
    asker.tell(
        f"For {', '.join(entry.countries)} the directory has {len(waiting)} services that members don't see yet:"
    )
    asker.tell("nobody has re-read them on their own pages. Until then members see findahelpline.com alone.")
    if not asker.confirm("Go through them now? (later: lightkeeper resources verify)", default=True):
        return []
    read: list[Confirmation] = []
    ask_about(asker, waiting, state, today, "", read.append)
    return read


def _countries(asker: Asker, held: tuple[str, ...]) -> tuple[str, ...]:
    asker.tell()
    asker.tell("Which countries do your members live in? Their services are shown first; members can choose any other.")
    while True:
        answer = asker.ask("  (ISO codes such as DE, AT; nothing: members are asked)", ", ".join(held))
        codes: dict[str, None] = {}
        wrong = []
        for part in filter(None, re.split(r"[\s,]+", answer)):
            try:
                codes[check_country(part.upper())] = None
            except ValueError as error:
                wrong.append(f"  {plain(part)} {error}")
        if not wrong:
            return tuple(codes)
        for each in wrong:
            asker.tell(each)

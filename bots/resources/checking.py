"""`resources check`: what is live today, in 30, 90 and 180 days, and which community's country is or runs empty."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bots.resources.describing import printable
from core.care.outlook import AHEAD, Lack, Outlook, Situation, lacks, outlooks
from core.care.resources import live_on
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.resource import EU_WIDE, DirectoryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What `check` found.

    Attributes:
        lacking: Countries of communities that are or within 30 days will be without a live service for crisis.
        live: How many services are shown to members now.
    """

    today: date
    rows: Sequence[Outlook]
    lacking: Sequence[tuple[Community, Lack]]
    refused: Sequence[ConfigurationRefused]
    live: int
    known: int

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done."""
        return not self.lacking and not self.refused


def checked(
    state: DirectoryState,
    refused: Sequence[ConfigurationRefused],
    communities: Collection[Community],
    today: date,
    *,
    is_whole: bool = False,
) -> Checked:
    """Look at the directory.

    Args:
        state: The directory.
        refused: What is wrong with its files.
        communities: Those that are served.
        today: The day that it is.
        is_whole: Give the countries too that no community names and that have nothing live.
    """
    served = {country for each in communities for country in each.countries}
    live = live_on(state, today)
    rows = [
        row
        for row in outlooks(state, today)
        if row.country != EU_WIDE and (is_whole or row.country in served or row.live[0])
    ]
    return Checked(
        today=today,
        rows=rows,
        lacking=[(each, lack) for each in communities for lack in lacks(each, live)],
        refused=refused,
        live=len(live.services),
        known=len(state.services),
    )


def tell(found: Checked, terminal: Console) -> None:
    """The table, and below it what has to be done."""
    if found.rows:
        table = Table("country", "topic", *(_ahead(days.days) for days in AHEAD), box=None, pad_edge=False)
        for row in found.rows:
            table.add_row(row.country, row.topic.value, *map(str, row.live))
        terminal.print(table)
        terminal.print()
    terminal.print(f"{found.live} of {found.known} services are shown to members, besides the list for every country.")
    for line in _problems(found):
        terminal.print(Text(printable(line)))


def as_json(found: Checked) -> Mapping[str, Any]:
    """The same for programs."""
    return {
        "today": found.today.isoformat(),
        "services": {"live": found.live, "known": found.known},
        "rows": [
            {
                "country": row.country,
                "topic": row.topic.value,
                "live": {str(days.days): count for days, count in zip(AHEAD, row.live, strict=True)},
            }
            for row in found.rows
        ],
        "lacking": [
            {
                "community": community.id,
                "country": lack.country,
                "situation": lack.situation.value,
                "on": lack.on.isoformat() if lack.on else None,
            }
            for community, lack in found.lacking
        ],
        "refused": [{"place": each.path, "reason": each.reason, "hint": each.hint} for each in found.refused],
    }


def _ahead(days: int) -> str:
    return f"in {days} days" if days else "today"


def _problems(found: Checked) -> Iterator[str]:
    for each in found.refused:
        yield str(each)
    for community, lack in found.lacking:
        told = (
            "has no live service for a crisis: members see the emergency number and the list for every country only"
            if lack.situation is Situation.EMPTY
            else f"has no live service for a crisis from {lack.on} on"
        )
        yield f"{community.name}: {lack.country} {told}. lightkeeper resources verify --country {lack.country}"

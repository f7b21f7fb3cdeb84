"""How long one alert takes a moderator: estimates by category and level, and the owner's own instead."""

from collections.abc import Mapping, Sequence

from bots.backtest.report import MinutesPerAlert
from core.errors import ConfigurationRefused
from core.model.finding import Category

LEVELS = (1, 2, 3, 4)
MOST_MINUTES = 24 * 60

_ESTIMATES = {
    Category.CRISIS: (5.0, 10.0, 20.0, 30.0),
    Category.HARASSMENT: (1.0, 2.0, 3.0, 5.0),
    Category.TOXICITY: (1.0, 1.0, 2.0, 3.0),
    Category.RULES: (1.0, 1.0, 2.0, 3.0),
}
"""Nobody has measured these; reading a card and a line or two of context takes a minute, talking to somebody ten."""

Table = Mapping[tuple[Category, int], float]


def minutes_table(given: Sequence[str] = ()) -> Table:
    """The minutes of every category and level; `given` are "crisis=15" or "toxicity.3=2", later ones win.

    Raises: `ConfigurationRefused`.
    """
    table = {(category, level): _ESTIMATES[category][level - 1] for category in Category for level in LEVELS}
    for each in given:
        name, _, minutes = each.partition("=")
        category, dot, level = name.strip().partition(".")
        places = [place for place in table if place[0] == category and (not dot or str(place[1]) == level)]
        if not places:
            raise _refused(each, "names no category, or no level from 1 to 4")
        table |= dict.fromkeys(places, _minutes(each, minutes))
    return table


def as_listed(table: Table) -> tuple[MinutesPerAlert, ...]:
    """The table as a report holds it."""
    return tuple(MinutesPerAlert(category=c, level=level, minutes=each) for (c, level), each in table.items())


def _minutes(given: str, value: str) -> float:
    try:
        minutes = float(value)
    except ValueError:
        raise _refused(given, "has no number of minutes") from None
    if not 0 <= minutes <= MOST_MINUTES:
        raise _refused(given, f"is outside 0 to {MOST_MINUTES} minutes")
    return minutes


def _refused(given: str, reason: str) -> ConfigurationRefused:
    hint = f"write CATEGORY=MINUTES or CATEGORY.LEVEL=MINUTES; categories: {', '.join(Category)}"
    return ConfigurationRefused(f"--minutes {given}", reason, hint)

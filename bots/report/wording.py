"""Figures and vocabulary as people read them, the same in text and on pages."""

import math
from datetime import date, datetime
from functools import cache

from adapters.console.wording import plain
from config.texts.catalogue import Catalogue
from core.model.card import Text
from core.model.finding import Category, Kind


@cache
def _texts() -> Catalogue:
    return Catalogue()


def category_word(category: Category) -> str:
    """What moderators call it: "Crisis"."""
    return _texts().render(Text(key=f"category.{category.value}"))


def kind_word(kind: Kind) -> str:
    """What moderators call it: "Worried about someone else"."""
    return _texts().render(Text(key=f"kind.{kind.value}"))


def level_word(category: Category, level: int) -> str:
    """A level 1 to 4 as cards name it: crisis has words of its own."""
    scale = "crisis" if category is Category.CRISIS else "conduct"
    return _texts().render(Text(key=f"level.{scale}.{level}"))


def action_word(action: str) -> str:
    """What a platform is asked to do: "Delete the message"."""
    return _texts().render(Text(key=f"action.{action}"))


def one_line(text: str) -> str:
    """Somebody's words, a name or a path as one line that can do nothing to a terminal or to the words around it."""
    return " ".join(plain(text).split())


def clipped(text: str, most: int = 80) -> str:
    """The beginning of a name that may be as long as its giver liked."""
    return text if len(text) <= most else f"{text[:most]}…"


def count(number: float) -> str:
    """A whole number with its thousands marked."""
    return f"{round(number):,}"


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 day", "2,000 days"; `many` defaults to `one` with an s."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def about(number: float) -> str:
    """A measured figure no more exactly than it is known: two digits, "0" only when it is none at all."""
    if number <= 0:
        return "0"
    if number < 0.01:
        return "less than 0.01"
    kept = 1 - math.floor(math.log10(number))  # places after the point, below 0 before it
    places = max(0, min(kept, 2))
    text = f"{round(number, min(kept, 2)):,.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def percent(share: float) -> str:
    """A share 0 to 1 as "12%"; small ones keep a digit, and none but 0 and 1 read as "0%" and "100%"."""
    value = share * 100
    if value and value < 0.1:
        return "<0.1%"
    if value < 10:
        return f"{value:.1f}%".replace(".0%", "%")
    if 99.5 <= value < 100:
        return ">99%"
    return f"{value:.0f}%"


def decimals(number: float | None, places: int = 3) -> str:
    """A figure with fixed places; a dash where it is not defined."""
    return "–" if number is None else f"{number:.{places}f}"


def span(minutes: float) -> str:
    """Minutes as people say them: "40 minutes", "about 3 hours"."""
    if minutes < 1:
        return "less than a minute" if minutes > 0 else "no time"
    if minutes < 120:
        rounded = round(minutes) if minutes < 20 else round(minutes / 5) * 5
        return counted(rounded, "minute")
    hours = minutes / 60
    return f"{about(hours)} hours"


def day_word(day: date | datetime) -> str:
    """A day that no country reads the wrong way round: "5 May 2026"."""
    return f"{day.day} {day:%b %Y}"


def time_word(at: datetime) -> str:
    """A time of UTC, to the minute: "5 May 2026, 20:15"."""
    return f"{day_word(at)}, {at:%H:%M}"

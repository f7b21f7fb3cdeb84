"""What the desk says, in words from the catalogue: names, spans of time, what a click has done, and why it has not."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from babel.dates import format_date

from adapters.console.wording import plain
from core.desk.clicks import Verb
from core.model.card import Text
from core.model.case import Case, Concern
from core.model.case_event import Refused, Why
from core.model.message import Author
from core.ports import Texts

JUST_NOW = timedelta(seconds=5)
DEBRIEF_FROM_LEVEL = 4


class Presenter:
    """Turns what the desk says into what people read."""

    def __init__(self, *, texts: Texts, name_of: Callable[[str], str], channel_name: Callable[[str], str]) -> None:
        self._texts = texts
        self._name_of = name_of
        self._channel_name = channel_name

    def say(self, key: str, **params: str | int) -> str:
        """One text of the catalogue."""
        return self._texts.render(Text(key=key, params=params))

    def say_text(self, text: Text) -> str:
        """A text that somebody else keyed."""
        return self._texts.render(text)

    def name(self, member: str | None) -> str:
        """A member's name, safe inside a sentence."""
        return plain(self._name_of(member)) if member else ""

    def names(self, members: Iterable[str]) -> str:
        """Several members' names, each once."""
        return ", ".join(map(self.name, dict.fromkeys(members)))

    def channel(self, channel: str) -> str:
        """A channel's name, safe inside a sentence."""
        return plain(self._channel_name(channel))

    def span(self, delta: timedelta) -> str:
        """A stretch of time in one unit: "12 seconds", "5 minutes", "3 hours", "2 days"."""
        seconds = max(0, int(delta.total_seconds()))
        for key, unit_s in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            if seconds == unit_s or seconds >= unit_s * (2 if key != "minutes" else 1):
                return self.say(f"console.span.{key}", n=seconds // unit_s)
        return self.say("console.span.seconds", n=seconds)

    def ago(self, delta: timedelta) -> str:
        """How long ago: "5 minutes ago"."""
        return self.say("console.just_now") if delta < JUST_NOW else self.say("console.ago", span=self.span(delta))

    def left(self, delta: timedelta) -> str:
        """A stretch to come, rounded up, so that 15 minutes don't read as 14 at once."""
        return self.span(delta + timedelta(seconds=59) if delta >= timedelta(minutes=1) else delta)

    def when(self, at: datetime, now: datetime) -> str:
        """A time of day where the console runs, with its day where that is not today."""
        days = (at.astimezone().date() - now.astimezone().date()).days
        if days == 0:
            return clock_time(at)
        if days == 1:
            return self.say("console.tomorrow", time=clock_time(at))
        return self.say("console.on_day", time=clock_time(at), day=format_date(at.astimezone(), "d MMMM", locale="en"))

    def day(self, at: datetime) -> str:
        """A day where the console runs: "4 May 2026"."""
        return format_date(at.astimezone(), "d MMMM y", locale="en")

    def refusal(self, refused: Refused, me: Author) -> str:
        """Why a click changed nothing, with who was first and since when."""
        holder, since = self.name(refused.holder), clock_time(refused.since) if refused.since else ""
        if refused.why is Why.BAD_VALUE and refused.field == "to":
            return self.say("console.cannot_take")
        by_me = refused.holder == me.id and refused.why in {Why.ALREADY_CLAIMED, Why.CLOSED}
        key = f"console.{refused.why.value}_by_you" if by_me else f"refused.{refused.why.value}"
        return self.say(key, holder=holder, since=since, field=refused.field)

    def done(self, verb: str, case: Case) -> str:
        """What a click has done, in a few words; after the gravest cases with a word for the one who decided."""
        if verb != Verb.RESOLVE or not case.outcome:
            return self.say(f"console.done.{verb}")
        said = self.say("console.done.resolve", outcome=self.say(f"outcome.{case.outcome.value}"))
        is_grave = case.concern is Concern.CRISIS and case.level >= DEBRIEF_FROM_LEVEL
        return f"{said} {self.say('desk.debrief')}" if is_grave else said


def clock_time(at: datetime) -> str:
    """A time of day where the console runs."""
    return f"{at.astimezone():%H:%M}"

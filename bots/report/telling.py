"""What a backtest's figures mean to an owner, in sentences: the same on a page and in a terminal."""

from bots.backtest.report import Alert, BacktestReport, ChannelCount, Comparison
from bots.report.wording import (
    about,
    category_word,
    count,
    counted,
    day_word,
    kind_word,
    level_word,
    one_line,
    span,
    time_word,
)
from core.model.finding import Category

CRISIS_MISSES = (
    "Such a report can only show what was seen. A person in need whose words no filter knows stands in none of these "
    "figures: a low number here is no proof that nobody needed help."
)
NO_TEXTS = "No words of messages are in this report; where each message stands is said instead."
WITH_TEXTS = (
    "This report holds words that members wrote, because it was asked for. Give it to nobody who may not read them, "
    "and delete it when it has served."
)


def answer(report: BacktestReport) -> str:
    """The sentence that an owner came for."""
    if not report.messages:
        return "Nothing could be screened, so there is nothing to say about alerts."
    if not report.alerts:
        return f"No alerts at all in {counted(report.messages, 'message')}."
    if report.alerts_per_day is None or report.minutes_per_day is None:
        return (
            f"About {about(report.alerts_per_1000)} alerts per 1,000 messages, and about {span(report.minutes)} of "
            f"moderators' time for all {counted(report.alerts, 'alert')}."
        )
    return f"{frequency(report)}, and about {span(report.minutes_per_day)} of moderators' time a day."


def frequency(report: BacktestReport) -> str:
    """How often moderators would be called, as the head of a sentence."""
    a_day = report.alerts_per_day
    if a_day is None:
        return f"About {about(report.alerts_per_1000)} alerts per 1,000 messages"
    if not a_day:
        return "No alerts at all"
    if a_day >= 0.95:
        return f"About {about(a_day)} {'alert' if about(a_day) == '1' else 'alerts'} a day"
    if report.alerts == 1:
        return f"One alert in {counted(report.active_days or 1, 'day')}"
    return f"About one alert every {about(1 / a_day)} days"


def extent(report: BacktestReport) -> str:
    """What was read: messages, channels and time."""
    read = f"{counted(report.messages, 'message')} in {counted(report.channels, 'channel')}"
    if report.first_at is None or report.last_at is None:
        return f"{read}. Not every message has a date, so nothing is counted by day."
    first, last = day_word(report.first_at), day_word(report.last_at)
    days = counted(report.active_days or 0, "day")
    if first == last:
        return f"{read}, on {first}."
    return f"{read}, {first} to {last}: {days} on which somebody wrote."


def details(report: BacktestReport) -> list[str]:
    """What else belongs to the answer."""
    said = []
    if report.busiest_day is not None and report.busiest_day.alerts and (report.active_days or 0) > 1:
        busiest = report.busiest_day
        said.append(
            f"The busiest day, {day_word(busiest.day)}, has {counted(busiest.alerts, 'alert')} "
            f"({span(busiest.minutes)})."
        )
    if report.alerts and report.alerts_per_day is not None:
        said.append(f"In all {counted(report.alerts, 'alert')}, {span(report.minutes)}.")
    if report.pages:
        said.append(f"{counted(report.pages, 'time')} a case became graver and called again.")
    if report.joined:
        said.append(f"{counted(report.joined, 'message was', 'messages were')} added to a case that was open already.")
    return said


def crisis_alerts(report: BacktestReport) -> int:
    """How many alerts are about crisis."""
    return sum(each.count for each in report.by_level if each.category is Category.CRISIS)


def crisis_answer(report: BacktestReport) -> str:
    """The sentence on crisis."""
    number = crisis_alerts(report)
    if not number:
        return "No alert is about a person who may need help."
    verb = "is" if number == 1 else "are"
    return f"{counted(number, 'alert')} {verb} about a person who may need help. Nothing is ever enforced on them."


def channel_rows(report: BacktestReport, most: int) -> tuple[list[ChannelCount], ChannelCount | None]:
    """At most so many channels that have alerts, and all others together; None where there are no others."""
    shown = [each for each in report.by_channel if each.alerts][:most]
    rest = [each for each in report.by_channel if each not in shown]
    if report.other_channels is not None:
        rest.append(report.other_channels)
    if not rest:
        return shown, None
    return shown, ChannelCount(
        channel="",
        messages=sum(each.messages for each in rest),
        alerts=sum(each.alerts for each in rest),
        crisis_alerts=sum(each.crisis_alerts for each in rest),
    )


def left_out(report: BacktestReport) -> list[str]:
    """What was not screened or not read, and what gave no answer."""
    said = [f"{counted(each.count, 'entry', 'entries')}: {each.reason}" for each in report.skipped]
    said.extend(f"{each.place}: {each.reason}" for each in report.problems)
    more = report.problem_count - len(report.problems)
    if more > 0:
        said.append(f"and {counted(more, 'more place', 'more places')} that could not be read")
    if report.is_cut:
        said.append("a file breaks off; what stands before the break was used")
    said.extend(
        f"the filter {each.filter} {'failed' if each.state.value == 'failed' else 'was skipped'} for "
        f"{counted(each.count, 'message')}"
        for each in report.checks
    )
    return said


def has_trouble(report: BacktestReport) -> bool:
    """Whether something went wrong, and not only something was left out on purpose."""
    return bool(report.problem_count or report.is_cut or report.checks)


def minutes_sentences(report: BacktestReport) -> list[str]:
    """How long alerts are taken to cost, category by category."""
    said = []
    for category in Category:
        given = [each for each in report.minutes_per_alert if each.category is category]
        if not given:
            continue
        times = sorted({each.minutes for each in given})
        if len(times) == 1:
            said.append(f"{category_word(category)}: {_minutes(times[0])} for each alert.")
        else:
            each_level = ", ".join(
                f"{level_word(category, each.level).lower()} {about(each.minutes)}"
                for each in sorted(given, key=lambda each: each.level)
            )
            said.append(f"{category_word(category)}: minutes for an alert, by level: {each_level}.")
    return said


def _minutes(minutes: float) -> str:
    return f"{about(minutes)} {'minute' if minutes == 1 else 'minutes'}"


def alert_title(alert: Alert) -> str:
    """Level, category and kind: "Serious: talks about how they feel"."""
    return f"{level_word(alert.category, alert.level)}: {kind_word(alert.kind)}"


def alert_facts(alert: Alert) -> list[str]:
    """Where and when, and how sure the filter was."""
    facts = [category_word(alert.category), f"score {alert.score:.2f}", f"filter {alert.filter}"]
    if alert.at is not None:
        facts.append(time_word(alert.at))
    return facts


def comparison_answer(comparison: Comparison) -> str:
    """What the second policy changes, in a sentence."""
    before, after = comparison.before, comparison.after
    if not before.messages:
        return "Nothing could be screened, so there is nothing to compare."
    if before.alerts_per_day is None or after.alerts_per_day is None:
        return f"{_alerts(after.alerts_per_1000)} per 1,000 messages instead of {about(before.alerts_per_1000)}."
    rates = f"{_alerts(after.alerts_per_day)} a day instead of {about(before.alerts_per_day)}"
    if before.minutes_per_day is None or after.minutes_per_day is None:
        return f"{rates}."
    time = f"{span(after.minutes_per_day)} of moderators' time a day instead of {span(before.minutes_per_day)}"
    return f"{rates}, and {time}."


def _alerts(rate: float) -> str:
    return f"About {about(rate)} alerts" if rate else "No alerts"


def comparison_crisis(comparison: Comparison) -> list[str]:
    """What changes about crisis, before anything else."""
    before, after = comparison.before, comparison.after
    numbers = (
        f"{count(crisis_alerts(before))} under “{one_line(before.policy)}”, "
        f"{count(crisis_alerts(after))} under “{one_line(after.policy)}”"
    )
    said = [f"Alerts about a person who may need help: {numbers}."]
    lost = sum(each.category is Category.CRISIS for each in comparison.lost)
    if lost:
        said.append(
            f"{counted(lost, 'of the lost alerts listed below is', 'of the lost alerts listed below are')} about a "
            "person who may need help. Read them before you choose."
        )
    return said


def comparison_details(comparison: Comparison) -> list[str]:
    """How many alerts are new, lost and changed."""
    new, lost, changed = comparison.new_count, comparison.lost_count, comparison.changed_count
    said = ["Both policies alert on the same messages, in the same way."]
    if new or lost or changed:
        said = [f"{count(new)} new, {count(lost)} lost, {count(changed)} with another level or kind."]
    if comparison.regrouped:
        said.append(
            f"{counted(comparison.regrouped, 'alert opens', 'alerts open')} a case under one policy and only join an "
            "open one under the other: nothing is gained or lost by that."
        )
    return said

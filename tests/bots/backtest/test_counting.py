"""What a backtest counts: alerts and when there is one, days, channels, minutes, examples, and nobody's words."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.exports.entry import NO_DATES
from bots.backtest.minutes import minutes_table
from bots.backtest.report import MAX_EXCERPT_CHARS, Alert, ChannelCount
from bots.backtest.run import SoFar
from bots.backtest.summing import Wishes
from bots.backtest.tally import CHANNELS_NAMED, EXAMPLES
from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.model.action import ActionKind
from core.model.case import Concern
from core.model.finding import Category, CheckState, Kind, Verdict
from core.model.policy import CommunityPolicy
from filters.text.excerpt import not_read
from tests.bots.backtest.trying import START, Counting, line, report, written
from tests.core.house import LIVE_LADDER, WordFilter


async def test_what_a_member_says_while_their_case_is_open_joins_it_and_later_it_is_another_alert(
    tmp_path: Path,
) -> None:
    said = [line(0, "ann", "insult:2"), line(59, "ann", "insult:2"), line(61, "ann", "insult:2")]
    found = await report(written(tmp_path / "log.jsonl", said))
    assert (found.messages, found.alerts, found.joined, found.pages) == (3, 2, 1, 0)


@pytest.mark.parametrize(("minutes", "alerts"), [(5, 3), (30, 2), (90, 1)])
async def test_how_long_cases_stay_open_can_be_said_and_stands_in_the_report(
    tmp_path: Path, minutes: int, alerts: int
) -> None:
    said = [line(0, "ann", "insult:2"), line(20, "ann", "insult:2"), line(60, "ann", "insult:2")]
    wishes = Wishes(close_after_minutes=minutes)
    found = await report(written(tmp_path / "log.jsonl", said), wishes=wishes)
    assert (found.alerts, found.close_after_minutes) == (alerts, minutes)
    assert f"closed {minutes} minutes after" in found.assumptions[0]


async def test_a_case_that_becomes_graver_calls_again(tmp_path: Path) -> None:
    said = [line(0, "ann", "insult:2"), line(1, "ann", "insult:4"), line(2, "ann", "insult:3")]
    found = await report(written(tmp_path / "log.jsonl", said))
    assert (found.alerts, found.pages, found.joined) == (1, 1, 2)


async def test_alerts_are_counted_by_category_level_kind_channel_and_day(tmp_path: Path) -> None:
    said = [
        line(0, "ann", "insult:2"),
        line(1, "ben", "insult:3 disclosure:3", channel="quay"),
        line(2, "cy", "harmless"),
        line(60 * 24, "dot", "term:1"),
        line(60 * 72, "eve", "insult:1"),
    ]
    found = await report(written(tmp_path / "log.jsonl", said))
    levels = [(each.category, each.level, each.count) for each in found.by_level]
    assert levels == [
        (Category.CRISIS, 3, 1),
        (Category.HARASSMENT, 3, 1),
        (Category.HARASSMENT, 2, 1),
        (Category.RULES, 1, 1),
    ]
    assert {(each.kind, each.count) for each in found.by_kind} == {
        (Kind.INSULT, 2),
        (Kind.DISCLOSURE, 1),
        (Kind.TERM, 1),
    }
    assert found.by_channel == (
        ChannelCount(channel="pier", messages=4, alerts=2, crisis_alerts=0),
        ChannelCount(channel="quay", messages=1, alerts=2, crisis_alerts=1),
    )
    assert found.other_channels is None
    assert [(each.day, each.messages, each.alerts) for each in found.by_day] == [
        (date(2024, 1, 1), 3, 3),
        (date(2024, 1, 2), 1, 1),
        (date(2024, 1, 4), 1, 0),
    ]
    assert found.by_day[0].by_category == ((Category.CRISIS, 1), (Category.HARASSMENT, 2))
    assert found.busiest_day == found.by_day[0]
    assert (found.active_days, found.alerts_per_day, found.alerts_per_1000) == (3, 4 / 3, 800)
    assert (found.first_at, found.last_at) == (START, START + timedelta(days=3))
    recorded = [(each.category, each.level, each.count) for each in found.findings]
    assert (Category.HARASSMENT, 1, 1) in recorded
    assert sum(count for *_, count in recorded) == 5


async def test_minutes_are_reckoned_by_category_and_level(tmp_path: Path) -> None:
    said = [line(0, "ann", "insult:2"), line(1, "ben", "insult:4"), line(60 * 24, "cy", "disclosure:2")]
    table = minutes_table(["harassment=3", "harassment.4=10", "crisis=20"])
    found = await report(written(tmp_path / "log.jsonl", said), wishes=Wishes(minutes=table))
    assert (found.minutes, found.minutes_per_day) == (33, 16.5)
    assert [each.minutes for each in found.by_day] == [13, 20]
    assert {(each.level, each.minutes) for each in found.minutes_per_alert if each.category is Category.HARASSMENT} == {
        (1, 3),
        (2, 3),
        (3, 3),
        (4, 10),
    }


@pytest.mark.parametrize(
    "given",
    ["", "crisis", "crisis=", "crisis=-1", "crisis=nan", "crisis=1e9", "crisis.5=2", "crisis.=2", "=2", "rude=2"],
)
def test_minutes_that_mean_nothing_are_refused_with_what_would_do(given: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        minutes_table([given])
    assert refused.value.path == f"--minutes {given}"
    assert "CATEGORY" in refused.value.hint


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(10, "within an hour"), (90, "within 2 hours"), (13 * 60, "within 13 hours"), (23 * 60, ""), (3 * 24 * 60, "")],
)
async def test_an_export_of_some_hours_is_said_to_be_no_whole_day(tmp_path: Path, minutes: int, told: str) -> None:
    said = [line(0, "ann", "insult:2"), line(minutes, "ben", "harmless")]
    found = await report(written(tmp_path / "log.jsonl", said))
    hints = [each for each in found.assumptions if "whole day" in each]
    assert [told in each for each in hints] == ([True] if told else [])


async def test_without_dates_nothing_is_counted_by_day(tmp_path: Path) -> None:
    said = [
        {"text": "insult:2", "author": "ann", "time": "10:00"},
        {"text": "harmless", "author": "ben", "time": "10:01"},
    ]
    found = await report(written(tmp_path / "log.jsonl", said))
    assert (found.alerts, found.alerts_per_1000) == (1, 500)
    assert (found.by_day, found.busiest_day, found.active_days) == ((), None, None)
    assert (found.alerts_per_day, found.minutes_per_day, found.first_at, found.last_at) == (None, None, None, None)
    assert found.most_certain[0].at is None
    assert NO_DATES in found.assumptions


async def test_one_message_without_a_date_is_enough_for_that(tmp_path: Path) -> None:
    undated = {"text": "harmless", "author": "ann", "channel": "pier"}
    found = await report(written(tmp_path / "log.jsonl", [line(0, "ann", "insult:2"), undated]))
    assert (found.by_day, found.first_at, found.alerts) == ((), None, 1)


async def test_nothing_read_is_nothing_found(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("text,sent_at\n")
    found = await report(tmp_path / "log.csv")
    assert (found.messages, found.alerts, found.alerts_per_1000, found.alerts_per_day) == (0, 0, 0, None)


async def test_where_time_goes_back_cases_and_conversations_begin_anew(tmp_path: Path) -> None:
    said = [line(600, "ann", "insult:2"), line(0, "ann", "insult:2"), line(1, "ann", "insult:2")]
    found = await report(written(tmp_path / "log.jsonl", said))
    assert (found.alerts, found.joined) == (2, 1)
    assert any("goes back once" in sentence for sentence in found.assumptions)


async def test_a_clock_set_back_by_an_hour_is_no_other_time(tmp_path: Path) -> None:
    said = [line(0, "ann", "harmless"), line(70, "ann", "insult:2"), line(10, "ann", "insult:2")]
    found = await report(written(tmp_path / "log.jsonl", said))
    assert (found.alerts, found.joined) == (1, 1)


async def test_what_the_ladder_asks_for_is_counted_and_a_shield_turns_it_into_proposals(tmp_path: Path) -> None:
    said = [line(0, "ann", "insult:4"), line(1, "ben", "insult:4 disclosure:2")]
    found = await report(written(tmp_path / "log.jsonl", said), LIVE_LADDER)
    actions = {each.kind: (each.automatic, each.proposed) for each in found.actions}
    assert actions == {
        ActionKind.DELETE: (1, 1),
        ActionKind.TIMEOUT: (1, 0),
        ActionKind.BAN: (0, 2),
    }
    assert any("acts by itself" in sentence for sentence in found.assumptions)


async def test_nobodys_words_and_no_name_stand_in_a_report_unless_texts_are_asked_for(tmp_path: Path) -> None:
    said = [line(0, "ann-marie", "insult:2 secretword"), line(1, "ann-marie", "disclosure:1 secretword")]
    path = written(tmp_path / "log.jsonl", said)
    heard: list[Alert] = []
    silent = str((asdict(await report(path, on_alert=heard.append)), heard))
    assert "secretword" not in silent
    assert "ann-marie" not in silent
    shown = await report(path, wishes=Wishes(shows_text=True))
    assert shown.shows_text
    assert shown.most_certain[0].text == "insult:2 secretword"
    assert "ann-marie" not in str(asdict(shown))


async def test_an_excerpt_is_bounded(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", [line(0, "ann", "insult:2 " + "x" * 1000)])
    text = (await report(path, wishes=Wishes(shows_text=True))).most_certain[0].text
    assert text is not None
    assert len(text) == MAX_EXCERPT_CHARS
    assert text.endswith("…")


async def test_a_member_has_one_pseudonym_in_a_run_and_another_in_the_next(tmp_path: Path) -> None:
    said = [line(0, "ann", "insult:2"), line(100, "ann", "insult:2"), line(101, "ben", "insult:2")]
    path = written(tmp_path / "log.jsonl", said)
    runs = [[alert.author for alert in sorted((await report(path)).most_certain, key=_when)] for _ in range(3)]
    for first, again, other in runs:
        assert first == again != other
    assert len({first for first, *_ in runs}) > 1


def _when(alert: Alert) -> datetime:
    return alert.at or datetime.min.replace(tzinfo=UTC)


async def test_an_alert_says_where_it_stands_and_why(tmp_path: Path) -> None:
    said = [line(0, "ann", "harmless"), line(1, "ann", "insult:3", channel="quay")]
    (alert,) = (await report(written(tmp_path / "log.jsonl", said))).most_certain
    assert (alert.place, alert.channel, alert.at) == ("log.jsonl: line 2", "quay", START + timedelta(minutes=1))
    assert (alert.concern, alert.category, alert.kind) == (Concern.CONDUCT, Category.HARASSMENT, Kind.INSULT)
    assert (alert.level, alert.filter, alert.rule, alert.why) == (3, "synthetic", "synthetic:1", "a synthetic reason")


async def test_no_alert_is_among_the_surest_and_the_least_sure(tmp_path: Path) -> None:
    for count in (1, EXAMPLES, EXAMPLES + 3, 5 * EXAMPLES):
        said = [line(10 * n, f"member{n}", "insult:2") for n in range(count)]
        found = await report(written(tmp_path / "log.jsonl", said))
        places = [alert.place for alert in (*found.most_certain, *found.least_certain)]
        assert len(places) == len(set(places)) == min(count, 2 * EXAMPLES)


async def test_of_many_channels_those_with_most_alerts_are_named(tmp_path: Path) -> None:
    said = [line(n, "ann", "harmless", channel=f"c{n}") for n in range(CHANNELS_NAMED + 5)]
    said.append(line(100, "ben", "insult:2", channel="c24"))
    found = await report(written(tmp_path / "log.jsonl", said))
    assert len(found.by_channel) == CHANNELS_NAMED
    assert (found.by_channel[0].channel, found.by_channel[0].alerts) == ("c24", 1)
    assert found.other_channels is not None
    assert (found.other_channels.messages, found.other_channels.alerts) == (5, 0)
    assert found.channels == CHANNELS_NAMED + 5


async def test_a_filter_that_fails_is_counted_and_what_crisis_screening_never_answered_for_is_read_by_somebody(
    tmp_path: Path,
) -> None:
    class Failing(WordFilter):
        def _judge(self, text: str):  # type: ignore[no-untyped-def]
            if text == "breaks it":
                raise ValueError("not foreseen")
            return super()._judge(text)

    said = [
        line(0, "ann", "harmless"),
        line(1, "ben", "breaks it"),
        line(2, "cy", "insult:2"),
        line(3, "dot", "harmless"),
    ]
    found = await report(written(tmp_path / "log.jsonl", said), found_by=Failing())
    assert {(each.filter, each.state, each.count) for each in found.checks} == {("words", CheckState.FAILED, 1)}
    assert [(each.category, each.level, each.count) for each in found.by_level] == [
        (Category.CRISIS, 2, 1),
        (Category.HARASSMENT, 2, 1),
    ]
    assert [alert.place for alert in found.most_certain if alert.category is Category.CRISIS] == ["log.jsonl: line 2"]


async def test_bad_lines_and_cuts_stand_in_the_report(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", [line(0, "ann", "insult:2")])
    path.write_text(path.read_text() + 'no json\n{"text": "hal')
    found = await report(path)
    assert (found.alerts, found.problem_count, found.is_cut) == (1, 2, True)
    assert [problem.place for problem in found.problems] == ["log.jsonl: line 2", "log.jsonl: line 3"]
    assert (found.source.names, found.source.formats) == (("log.jsonl",), ("JSON lines",))
    assert found.source.size_bytes == path.stat().st_size


async def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    counting = Counting()
    path = written(tmp_path / "log.jsonl", [line(n, "ann", "harmless") for n in range(500)])
    found = await report(path, wishes=Wishes(limit=100), found_by=counting)
    assert (found.messages, counting.asked) == (100, 100)
    assert any("first 100 messages" in sentence for sentence in found.assumptions)


async def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", [line(n, "ann", "harmless") for n in range(2000)])
    told: list[SoFar] = []

    def tell(so_far: SoFar) -> None:
        told.append(SoFar(so_far.share, so_far.messages, so_far.alerts, so_far.is_done))

    await report(path, on_progress=tell)
    assert [each.share for each in told] == sorted(each.share for each in told)
    assert (told[-1].share, told[-1].messages, told[-1].is_done) == (1.0, 2000, True)
    assert not told[0].is_done


async def test_every_alert_is_told_as_it_comes(tmp_path: Path) -> None:
    said = [line(n, f"member{n}", "insult:2") for n in range(3 * EXAMPLES)]
    heard: list[Alert] = []
    found = await report(written(tmp_path / "log.jsonl", said), CommunityPolicy(), on_alert=heard.append)
    assert [alert.place for alert in heard] == [f"log.jsonl: line {n + 1}" for n in range(found.alerts)]


async def test_a_very_long_message_that_was_read_in_part_is_said_to_be_and_is_no_failure(tmp_path: Path) -> None:
    class Partly(WordFilter):
        def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
            return [Verdict(checks=(not_read("words", Category.CRISIS), not_read("words", Category.RULES)))] * len(
                batch
            )

    found = await report(written(tmp_path / "log.jsonl", [line(0, "ann", "long")] * 3), found_by=Partly())
    assert found.checks == ()
    assert any(sentence.endswith("as live: 3 here.") for sentence in found.assumptions)

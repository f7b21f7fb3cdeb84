"""The night is input only, fits its cast, and goes through the real queue, rota, timers, appeals and reports."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from adapters.local.platform import HARBOUR
from bots.demo.night import (
    Appeal,
    Crowd,
    HandOver,
    Night,
    OnDuty,
    Press,
    Report,
    Say,
    Show,
    load_night,
    next_time,
)
from bots.demo.night_player import ENDED_EARLY
from bots.demo.scene import load_scene
from config.policies.loader import load_policy
from core.desk.clicks import Click
from core.flow.filter import Filter
from core.model.action import ActionKind
from core.model.case import OPEN_STATES, Case, Concern, Outcome, Reason, State
from core.model.message import ChannelId, MemberId
from core.model.people import VISIBLE_TO, Actor, Role
from core.model.record import ActionState
from filters.registry import lexicon_filters
from tests.bots.demo.town import Town, ended, town

BANNED = re.compile(
    r"\b(committ?\w*|attempt\w*|attention|selfish|successful\w*|failed|overdos\w*|promise\w*|better off|diagnos\w*"
    r"|gets? better|victim\w*|suicid\w*|kill\w*|die|dying|danger\w*)\b",
    re.IGNORECASE,
)
"""What no sentence about somebody in distress says (the safe-messaging rules)."""


def shipped() -> Sequence[Filter]:
    return lexicon_filters({None: load_policy("general")})


def part(*steps: Mapping[str, object]) -> Night:
    return Night.model_validate({"steps": [{"after_s": 0, **step} for step in steps]})


async def cases(stage: Town, concern: Concern, subject: str = "") -> list[Case]:
    found = [
        *await stage.database.store.cases(stage.platform.community, OPEN_STATES, 99),
        *await stage.database.store.cases(stage.platform.community, frozenset({State.RESOLVED}), 99),
    ]
    return [case for case in found if case.concern is concern and subject in {"", case.subject}]


async def the(stage: Town, concern: Concern, subject: str = "") -> Case:
    (case,) = await cases(stage, concern, subject)
    return case


def test_a_night_holds_no_word_on_what_becomes_of_a_step() -> None:
    with pytest.raises(ValidationError):
        part({"do": "say", "who": "a", "where": "b", "says": "c", "expect": "case"})
    with pytest.raises(ValidationError):
        part({"do": "wish"})


def test_everybody_who_acts_is_of_the_cast_and_has_the_role_for_it() -> None:
    scene, night = load_scene(), load_night()
    roles = {member.id: {Role(role) for role in member.roles} for member in scene.members}
    channels = {channel.id for channel in scene.channels}
    for step in night.steps:
        match step:
            case Say() | Report():
                assert step.who in roles
                assert step.where in channels
            case Crowd():
                assert not {name.casefold() for name in step.names} & set(roles)
            case Appeal():
                assert not roles[step.who]
            case Press() | Show():
                assert roles[step.who] & VISIBLE_TO[step.case.concern], step
            case OnDuty() | HandOver():
                assert roles[step.who]


def test_it_takes_a_minute_to_a_minute_and_a_half_and_says_what_is_happening_all_along() -> None:
    night = load_night()
    assert 60 <= night.lasts_s <= 90
    quiet_s = 0.0
    for step in night.steps:
        quiet_s = 0.0 if step.caption else quiet_s + step.after_s
        assert quiet_s < 6


def test_what_is_said_about_somebody_in_distress_follows_the_rules_of_safe_messaging() -> None:
    for step in load_night().steps:
        assert not BANNED.search(step.caption), step.caption
        if isinstance(step, HandOver):
            assert not BANNED.search(step.note)


async def test_the_whole_night_is_played_and_nothing_of_it_is_refused(tmp_path: Path) -> None:
    night = load_night()
    async with town(tmp_path, filters=shipped()) as stage:
        with capture_logs() as logs:
            captions = await ended(stage.night)
        assert [each for each in logs if each["event"] in {"step_refused", "night_ended_early"}] == []
        written = [step.caption for step in night.steps if step.caption]
        assert [each.partition(" – ")[2] for each in captions] == written

        timed_out = await the(stage, Concern.CONDUCT, "tomas")
        did = {each.action.kind: each.state for each in await stage.database.store.actions(HARBOUR, timed_out.id)}
        assert did[ActionKind.TIMEOUT] is did[ActionKind.LIFT_TIMEOUT] is did[ActionKind.NOTICE] is ActionState.DONE
        appeal = await the(stage, Concern.APPEAL, "tomas")
        assert (appeal.outcome, appeal.closed_by, appeal.parent) == (Outcome.GRANTED, "chidi", timed_out.id)
        assert stage.platform.why_silent(MemberId("tomas"), ChannelId("general")) is None

        raid = await the(stage, Concern.RAID)
        assert (raid.outcome, raid.reason, raid.messages >= 3) == (Outcome.UPHELD, Reason.RAID, True)
        assert (await the(stage, Concern.CONDUCT, "robin")).outcome is Outcome.TALKED

        crisis = await the(stage, Concern.CRISIS, "juno")
        assert (crisis.outcome, crisis.closed_by, crisis.follow_up) == (Outcome.SUPPORT_OFFERED, "imani", None)
        assert stage.bells.was_called("imani", crisis.id)
        assert stage.bells.was_called("chidi", crisis.id)
        assert not stage.bells.was_called("bastian", crisis.id)
        assert len(stage.bells.digests) == 1
        assert await cases(stage, Concern.CONDUCT, "juno") == []
        assert await stage.database.store.verify_audit(HARBOUR) is None
        assert {text.key for text in stage.notices.current()} <= {"notice.nobody_on_duty"}


async def test_a_night_that_was_stopped_can_be_played_again_from_the_beginning(tmp_path: Path) -> None:
    asks = {"do": "say", "who": "tomas", "where": "general", "says": "@Wren you are pathetic, get off the stage"}
    waits = {"do": "until", "case": {"concern": "conduct", "about": "tomas"}, "state": "waiting"}
    claims = {"do": "press", "who": "bastian", "case": {"concern": "conduct", "about": "tomas"}, "verb": "claim"}
    never = {"do": "until", "speaks": "tomas", "silent": "tomas"}
    async with town(tmp_path, filters=shipped(), night=part(asks, waits, claims, never), patience_s=4.0) as stage:
        captions = await ended(stage.night)
        assert captions[-1].endswith(ENDED_EARLY)
        assert (await the(stage, Concern.CONDUCT, "tomas")).holder == "bastian"
        await ended(stage.night)
        first, second = sorted(await cases(stage, Concern.CONDUCT, "tomas"), key=lambda case: case.opened_at)
        assert first.outcome is Outcome.NOT_A_PROBLEM
        assert (second.state, second.holder) == (State.CLAIMED, "bastian")


async def test_somebody_who_watches_may_be_first_and_the_night_goes_on_without_that_step(tmp_path: Path) -> None:
    asks = {"do": "say", "who": "tomas", "where": "general", "says": "@Wren you are pathetic, get off the stage"}
    waits = {"do": "until", "case": {"concern": "conduct", "about": "tomas"}, "state": "waiting"}
    claimed = {"do": "until", "case": {"concern": "conduct", "about": "tomas"}, "state": "claimed"}
    claims = {"do": "press", "who": "bastian", "case": {"concern": "conduct", "about": "tomas"}, "verb": "claim"}
    ends = {"do": "say", "who": "wren", "where": "general", "says": "from the top", "caption": "The end."}
    async with town(tmp_path, filters=shipped(), night=part(asks, waits, claimed, claims, ends)) as stage:
        alma = Actor(community=stage.platform.community, member=MemberId("alma"), roles=frozenset({Role.OWNER}))

        stage.night.start()
        while "The end." not in stage.night.progress().caption:
            for case in await stage.house.queue.cases(alma):
                if case.state is State.WAITING and stage.night.progress().share == 2 / 5:
                    await stage.house.queue.act(alma, Click(case_id=case.id, verb="claim", turn=case.turn))
            await asyncio.sleep(0)
        assert (await the(stage, Concern.CONDUCT, "tomas")).holder == "alma"


async def test_stopping_takes_effect_at_once_and_says_nothing_more(tmp_path: Path) -> None:
    never = part({"do": "until", "speaks": "tomas", "silent": "tomas", "caption": "Never."})
    async with town(tmp_path, filters=shipped(), night=never) as stage:
        stage.night.start()
        assert stage.night.progress().is_running
        stage.night.stop()
        assert not stage.night.progress().is_running
        assert stage.night.progress().caption == ""


@pytest.mark.parametrize(
    ("now", "wanted", "then"),
    [
        ("2026-05-04 12:00", "21:00", "2026-05-04 19:00"),
        ("2026-05-04 19:30", "21:00", "2026-05-05 19:00"),
        ("2026-05-04 19:00", "21:00", "2026-05-04 19:00"),
        ("2026-10-24 20:00", "09:00", "2026-10-25 08:00"),
    ],
)
def test_the_clock_moves_to_the_next_such_time_of_day_there(now: str, wanted: str, then: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_time(at, wanted, ZoneInfo("Europe/Berlin")) == datetime.fromisoformat(then).replace(tzinfo=UTC)
    assert timedelta() <= next_time(at, wanted, ZoneInfo("Europe/Berlin")) - at <= timedelta(hours=25)

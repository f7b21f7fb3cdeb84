"""Reports: a member asks the moderators to look at a message of somebody else's.

A report goes the way of any finding, through decide() and plan(), and only ever fills the queue: no ladder, no
exemption and no threshold applies to it, so that it reaches people and nothing follows without them. The member it is
about is told nothing. A message that screening has brought before the responders alone stays with them, whatever it is
reported for. Several reporters of one message raise its level by their weight, which comes from what people made of
their earlier reports.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from core.flow.decision import decide
from core.flow.filter import Seen
from core.flow.history import History
from core.flow.planning import joined, past_of, plan
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.case import Case, Concern, Evidence
from core.model.case_event import Refused, Why
from core.model.event import MessageWritten
from core.model.finding import Category, Finding, Kind, Verdict
from core.model.message import CommunityId, MemberId, Message
from core.model.policy import CommunityPolicy, CrisisThreshold, Threshold, Thresholds
from core.model.record import AuditDraft, Commit, Committed
from core.model.reporter import ReportCount
from core.ports import Clock, Store, Taken

FILTER = "report"

MAX_WEIGHT = 2.0
LEAST_WEIGHT = 0.25
"""The weight of who was found to report abusively, while that is remembered."""

WEIGHT_OF_UPHELD = 0.25
"""How much each report that people found right adds to a reporter's weight of 1."""

LEVELS = ((4.0, 3), (2.0, 2), (0.0, 1))
"""From which total weight on a reported message has which level, gravest first."""

LIMIT_OVER = timedelta(days=1)
MAX_TRIES = 50


class ReportAbout(StrEnum):
    """What a member can report a message for."""

    HARASSMENT = "harassment"
    SPAM = "spam"
    OTHER = "other"
    WORRIED = "worried"
    """Somebody may need help: goes to the responders alone."""


_WHY = {
    ReportAbout.HARASSMENT: "A member reported this as harassment.",
    ReportAbout.SPAM: "A member reported this as spam.",
    ReportAbout.OTHER: "A member reported this.",
    ReportAbout.WORRIED: "A member is worried about whoever wrote this.",
}

_FOR_PEOPLE = Thresholds(
    crisis=CrisisThreshold(alert_level=1, record_level=1),
    rules=Threshold(alert_level=1, record_level=1, min_score=0.0),
)


class Reports:
    """Takes in the reports of all communities."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called after every commit."""
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._wake = wake
        self._reporting = asyncio.Lock()

    async def report(
        self,
        reporter: MemberId,
        message: Message,
        about: ReportAbout,
        *,
        before: Sequence[Message] = (),
        is_by_bot: bool = False,
    ) -> Case | Refused:
        """The case that the report opened or joined; the same report again changes nothing and gives that case.

        Args:
            message: What is reported, as the platform has it now.
            before: Earlier messages of its channel, oldest first, as far as the platform hands them out.
            is_by_bot: Whether a bot wrote it, as the platform says.

        Refused as `NOT_ALLOWED` for one's own message or a bot's, `TOO_MANY` past the policy's `reports_per_day`.
        The answer is for the adapter alone: a reporter is thanked and learns nothing of the case.
        """
        if message.author.id == reporter or is_by_bot:
            return Refused(why=Why.NOT_ALLOWED)
        async with self._reporting:  # many reports at once can't slip past the limit together
            for _ in range(MAX_TRIES):
                unit = await self._reported(reporter, message, about, tuple(before))
                if isinstance(unit, Case | Refused):
                    return unit
                if await self._store.commit(unit) is Committed.WRITTEN:
                    self._wake()
                    return unit.cases[0].case
        return Refused(why=Why.CHANGED)

    async def _reported(
        self, reporter: MemberId, message: Message, about: ReportAbout, before: tuple[Message, ...]
    ) -> Commit | Case | Refused:
        now, community = self._clock.now(), message.community
        policy = self._policy_of(community)
        known = {
            case: await self._evidence(case, message) for case in await self._store.cases_with(community, message.id)
        }
        is_for_care = about is ReportAbout.WORRIED or _is_cared_for(message, known)
        for case, evidence in known.items():
            if any(
                each.reporter == reporter and (each.category is Category.CRISIS) == is_for_care for each in evidence
            ):
                return case
        count = await self._store.reports_by(community, reporter, now - LIMIT_OVER)
        if count.lately >= policy.reports_per_day:
            return Refused(why=Why.TOO_MANY)
        others = [each for case, evidence in known.items() if case.is_open for each in evidence]
        finding = _finding(reporter, about, weight_of(count), others, is_for_care=is_for_care)
        (history,) = await self._store.history([past_of(message, policy, now)])
        seen = Seen(message=message, before=before)
        history = _as_news(history)
        decision = decide(_to_people(policy), seen, Verdict(findings=(finding,)), history)
        taken = Taken(seq=0, key=_key(reporter, message, is_for_care), event=MessageWritten(message=message))
        unit = plan(taken, seen, decision, history, policy, now)
        if not unit.cases:
            raise ValueError("a report opens or joins a case under every policy")
        told = AuditDraft(
            community=community,
            at=now,
            actor=LIGHTKEEPER,
            verb=AuditVerb.REPORTED,
            case_id=unit.cases[0].case.id,
            member=reporter,
            facts={"about": about.value, "level": str(finding.level)},
        )
        return joined(unit, Commit(audit=(told,)))

    async def _evidence(self, case: Case, message: Message) -> list[Evidence]:
        return [each for each in await self._store.evidence(case.community, case.id) if each.message_id == message.id]


def weight_of(count: ReportCount) -> float:
    """How much a report of this member weighs, from what people made of their earlier ones."""
    return LEAST_WEIGHT if count.abusive else min(MAX_WEIGHT, 1.0 + WEIGHT_OF_UPHELD * count.upheld)


def level_of(weight: float) -> int:
    """The level of a message whose reporters weigh so much together."""
    return next(level for least, level in LEVELS if weight >= least)


def _is_cared_for(message: Message, known: Mapping[Case, Sequence[Evidence]]) -> bool:
    """Whether screening found that somebody may need help in these words, and nothing else that people look at.

    A report of them for whatever reason would put their distress before moderators. What members alone have reported
    hides nothing from those: somebody's friends could else keep a message from them by worrying about it first.
    """
    concerned = [(case, evidence) for case, evidence in known.items() if case.is_open]
    return bool(concerned) and all(
        case.concern is Concern.CRISIS
        and case.subject == message.author.id
        and any(each.reporter is None for each in evidence)
        for case, evidence in concerned
    )


def _finding(
    reporter: MemberId, about: ReportAbout, weight: float, others: Sequence[Evidence], *, is_for_care: bool
) -> Finding:
    """What a report is to decide(); its score keeps the reporter's weight for those who report after them."""
    if is_for_care:
        level = 2 if weight >= 1.0 and about is ReportAbout.WORRIED else 1
        category, kind, score = Category.CRISIS, Kind.THIRD_PERSON, 0.5 if level == 2 else 0.4
    else:
        theirs = {each.reporter: each.score * MAX_WEIGHT for each in others if _is_report(each)}
        level = level_of(weight + sum(theirs.values()))
        category, kind, score = Category.RULES, Kind.REPORT, weight / MAX_WEIGHT
    return Finding(
        filter=FILTER,
        category=category,
        kind=kind,
        level=level,
        score=score,
        why=_WHY[about],
        rule=f"report.{about}",
        reporter=reporter,
    )


def _is_report(evidence: Evidence) -> bool:
    return evidence.filter == FILTER and evidence.category is Category.RULES and evidence.reporter is not None


def _as_news(history: History) -> History:
    """Members may report what people had decided before: only while its case is open does a report join it.

    Reports of several members' messages are not a raid by themselves, but join one that goes on.
    """
    are_open = {*history.open_cases, *((Concern.RAID,) if history.raid else ())}
    alerted = {concern: level for concern, level in history.alerted.items() if concern in are_open}
    return replace(history, alerted=alerted, opened_lately=0)


def _to_people(policy: CommunityPolicy) -> CommunityPolicy:
    """The policy under which a report is decided: it always reaches people, and nothing else follows."""
    return policy.model_copy(update={"thresholds": _FOR_PEOPLE, "overrides": (), "ladder": ()})


def _key(reporter: MemberId, message: Message, is_for_care: bool) -> str:
    return f"report:{message.community}:{message.id}:{reporter}" + (":worried" if is_for_care else "")

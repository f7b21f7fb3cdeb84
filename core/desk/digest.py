"""The digest: what came in beyond the day's budget of milder crisis alerts, told together once a day.

It says what, how grave, where and since when, never a word and never a name. From then on its cases call people like
any other; those of level 3 and 4 never wait for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from core.flow.dispatch import CASES
from core.flow.naming import action_key
from core.flow.pacing import paced
from core.flow.planning import entry, joined
from core.flow.rewriting import rewritten
from core.model.action import LAWS, ActionKind
from core.model.advancing import advance
from core.model.audit import CLOCK, AuditVerb
from core.model.card import Card, Text
from core.model.case import Case, CaseId, Concern
from core.model.case_event import Digested, Refused
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from core.model.record import Action, Commit, Timer
from core.ports import Clock, Store

MAX_LINES = 20
AT_ONCE = 50
"""How many cases one commit moves: the more it holds, the likelier another writer was there first."""

NEXT = "+"
"""Ends the key of the timer that moves the cases of a digest that was posted already."""

MAX_NAMED = 500


def compose_digest(community: CommunityId, cases: Sequence[Case], now: datetime) -> Card:
    """The card that tells of `cases`: the gravest first, then the oldest, `MAX_LINES` of them line by line."""
    ordered = sorted(cases, key=lambda case: (-case.level, case.opened_at, case.id))
    lines = [
        Text(
            key="card.digest.case",
            params={
                "level": case.level,
                "kind": case.kind.value,
                "channel": case.channel,
                "opened_at": case.opened_at.isoformat(),
            },
        )
        for case in ordered[:MAX_LINES]
    ]
    more = len(ordered) - MAX_LINES
    return Card(
        case_id=CaseId(""),
        version=0,
        turn=0,
        concern=Concern.CRISIS,
        level=max((case.level for case in ordered), default=0),
        title=Text(key="card.digest.title", params={"n": len(ordered)}),
        lines=(*lines, *((Text(key="card.digest.more", params={"n": more}),) if more > 0 else ())),
    )


class Digests:
    """The handler of the timer of digests."""

    def __init__(self, *, store: Store, clock: Clock, policy_of: Callable[[CommunityId], CommunityPolicy]) -> None:
        self._store = store
        self._clock = clock
        self._policy_of = policy_of

    async def due(self, timer: Timer) -> Commit:
        """One digest of all that waits for one, and its cases as they go on; nothing where nothing waits."""
        waiting = await self._store.quiet_cases(timer.community) if timer.community else []
        if timer.community is None or not waiting:
            return Commit()
        units = [self._told(case) for case in waiting[:AT_ONCE]]
        if not timer.key.endswith(NEXT):
            units.append(Commit(actions=(_post(timer, timer.community, waiting),)))
        if len(waiting) > AT_ONCE:
            key = timer.key if timer.key.endswith(NEXT) else timer.key + NEXT
            units.append(Commit(timers=(replace(timer, key=key, due_at=self._clock.now()),)))
        return joined(*units)

    def _told(self, case: Case) -> Commit:
        now = self._clock.now()
        advanced = advance(case, Digested(), now)
        if isinstance(advanced, Refused):
            return Commit()
        after = paced(case, advanced, self._policy_of(case.community), now)
        return replace(rewritten(case, after), audit=(entry(after, AuditVerb.DIGESTED, now, CLOCK),))


def _post(timer: Timer, community: CommunityId, cases: Sequence[Case]) -> Action:
    """The same digest decided twice is one action."""
    name = f"{community} {timer.due_at.isoformat()}"
    return Action(
        key=action_key(CaseId(""), 0, ActionKind.DIGEST, name),
        community=community,
        case_id=CaseId(""),
        version=0,
        kind=ActionKind.DIGEST,
        lane=LAWS[ActionKind.DIGEST].lane,
        target=community,
        params={CASES: ",".join(case.id for case in cases[:MAX_NAMED])},
    )

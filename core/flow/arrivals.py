"""Who joined lately, and what follows when many join at once: one case about the community, and a pause of joining.

Counted in memory, in bounded windows that a restart empties: who joined before it counts no more, and what was written
down stays. The same members who join again count once. Joining is paused as the policy says: automatically, or where
people say so; never automatically for joins that were caught up late.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.flow.decision import Decision, Opening
from core.flow.filter import Seen
from core.flow.history import History
from core.flow.planning import evidence_of, joined, past_of, plan
from core.model.action import NO_EFFECTS, ActionKind, Effect, EffectSet, effects
from core.model.case import JOIN, CaseId, Concern
from core.model.event import MemberJoined
from core.model.finding import Category, Finding, Kind
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId
from core.model.policy import CommunityPolicy
from core.model.record import CaseWrite, Commit, SealedMessage
from core.ports import Past, Taken

MAX_COMMUNITIES = 1_000
MAX_JOINS = 1_000
"""As many as a policy can ask for; older ones of a larger wave stand in its case already."""

LATE = timedelta(minutes=10)
"""A join that is told later than this was caught up after a downtime."""

WAVE = Finding(
    filter="arrivals",
    category=Category.RULES,
    kind=Kind.RAID,
    level=3,
    score=1.0,
    why="Many members joined at once.",
    rule="arrivals.joins",
)
"""What is found in every join of a wave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A join with those shortly before it.

    Attributes:
        before: Earlier joins of other members within the policy's time, oldest first; each member's last.
        wave: The case to which the community's last wave came.
    """

    event: MemberJoined
    before: tuple[MemberJoined, ...] = ()
    wave: CaseId | None = None


class Arrivals:
    """One bounded window a community; the community where nobody joined for longest is forgotten first."""

    def __init__(self) -> None:
        self._windows: OrderedDict[CommunityId, OrderedDict[MemberId, MemberJoined]] = OrderedDict()
        self._waves: dict[CommunityId, CaseId] = {}

    def see(self, event: MemberJoined, within: timedelta) -> Arrival:
        """Add a join and return it with those before it; the same join again changes nothing."""
        window = self._windows.setdefault(event.community, OrderedDict())
        self._windows.move_to_end(event.community)
        if len(self._windows) > MAX_COMMUNITIES:
            gone, _ = self._windows.popitem(last=False)
            self._waves.pop(gone, None)
        window.pop(event.member, None)
        while window and (event.at - next(iter(window.values())).at > within or len(window) >= MAX_JOINS):
            window.popitem(last=False)
        before = tuple(each for each in window.values() if abs(event.at - each.at) <= within)
        window[event.member] = event
        return Arrival(event=event, before=before, wave=self._waves.get(event.community))

    def came_to(self, community: CommunityId, case: CaseId) -> None:
        """A wave was written down in a case: those who join after it come there too."""
        self._waves[community] = case

    def forget_all(self, community: CommunityId, member: MemberId | None) -> None:
        """That this member joined is not known any more; that anybody did, where `member` is None."""
        if member is None:
            self._windows.pop(community, None)
            self._waves.pop(community, None)
        elif community in self._windows:
            self._windows[community].pop(member, None)


def is_wave(arrival: Arrival, policy: CommunityPolicy) -> bool:
    """Whether so many joined that it is a raid."""
    return len(arrival.before) + 1 >= policy.raid.joins


def past_of_join(event: MemberJoined, policy: CommunityPolicy, now: datetime) -> Past:
    """What may be known of the past of a join."""
    return past_of(_as_message(event), policy, now)


def plan_join(taken: Taken, arrival: Arrival, history: History, policy: CommunityPolicy, now: datetime) -> Commit:
    """What to write for a join; always marks the event as done.

    A wave opens a case about the community, or joins the raid that goes on. Further joins come to the community's case
    for as long as it goes on, and make no new card.
    """
    event, raid = arrival.event, history.raid
    is_going_on = raid is not None and now - raid.updated_at <= timedelta(minutes=policy.raid.minutes)
    is_ours = raid is not None and (raid.subject == event.community or raid.id == arrival.wave)
    starts = is_wave(arrival, policy)
    if not starts and not (is_ours and is_going_on):
        return Commit(done=(taken.key,))
    message = _as_message(event)
    opening = Opening(concern=Concern.RAID, subject=raid.subject if raid else event.community, findings=(WAVE,))
    begins_anew = starts and not (is_ours and is_going_on)
    wanted = _pause(event, policy, now) if begins_anew else NO_EFFECTS
    decision = Decision(recorded=(WAVE,), openings=(opening,), effects=wanted)
    unit = plan(taken, Seen(message=message), decision, history, policy, now)
    return joined(_with_earlier(unit, arrival.before, now)) if begins_anew else unit


def _pause(event: MemberJoined, policy: CommunityPolicy, now: datetime) -> EffectSet:
    if policy.raid.on_joins == "alert":
        return NO_EFFECTS
    pause = Effect(kind=ActionKind.PAUSE_JOINS, target=event.community, duration_s=policy.raid.pause_minutes * 60)
    if policy.raid.on_joins == "automatic" and now - event.at <= LATE:
        return effects(automatic=[pause])
    return effects(proposed=[pause])


def _with_earlier(unit: Commit, earlier: Sequence[MemberJoined], now: datetime) -> Commit:
    """The unit with those who joined just before the wave was seen; they are messages of its case too."""
    (write,) = unit.cases
    case = replace(write.case, messages=write.case.messages + len(earlier))
    messages = [_as_message(each) for each in earlier]
    return replace(
        unit,
        cases=(CaseWrite(case=case, expected_version=write.expected_version),),
        evidence=(*(each for message in messages for each in evidence_of(case, message, (WAVE,), now)), *unit.evidence),
        texts=(*((case.id, SealedMessage(message=message)) for message in messages), *unit.texts),
    )


def _as_message(event: MemberJoined) -> Message:
    """A join as a case keeps it: without a word, by whom and when; nobody has told where."""
    return Message(
        platform=event.platform,
        community=event.community,
        channel=Channel(id=ChannelId(event.community), name=""),
        id=MessageId(f"{JOIN}{event.member}:{event.at.timestamp()}"),
        author=Author(id=event.member, name=event.name),
        text="",
        sent_at=event.at,
    )

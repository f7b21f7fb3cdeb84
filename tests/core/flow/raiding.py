"""Raids of 500 messages, drawn from a seed, and what the real engine with the real filters makes of them.

Every text is synthetic. Around the raid the community talks on, and some of its members may need help.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from core.flow.decision import decide
from core.flow.engine import Engine
from core.flow.filter import Filter, Seen
from core.flow.history import NO_HISTORY
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.action import LAWS, ActionKind
from core.model.case import OPEN_STATES, Case, Concern, Enforcement
from core.model.event import Event, MemberJoined, MessageDeleted, MessageWritten
from core.model.finding import Verdict
from core.model.message import Channel, ChannelId, MemberId, Message, MessageId, PlatformName
from core.model.policy import CommunityPolicy
from filters.registry import conduct_filters, crisis_filters
from tests.clock import START, FakeClock
from tests.core.examples import COMMUNITY, a_message
from tests.core.noticeboard import Noticeboard

MESSAGES = 500
MOST_CARDS = 5

TALK = (
    "has anybody seen the new timetable for the ferry?",
    "I baked bread yesterday and it came out well",
    "the second level took me an hour, the boss is fun",
    "what are you all reading at the moment?",
    "good morning from a rainy town",
    "my cat sleeps on the keyboard again",
    "thanks, that fixed it for me",
    "who is up for a game tonight?",
    "lol",
    "gg",
    "same here",
    "what is going on?",
    "can a moderator have a look please",
)
DISTRESS = (
    "i keep thinking that everybody would be better off without me",
    "no one would miss me if i was gone, i just want it to be over",
    "i can't do this anymore, i want to disappear and not wake up",
    "honestly i have been thinking about ending my life tonight",
    "i want to die",
)
INSULTS = (
    "you are a pathetic idiot, everybody hates you",
    "nobody likes you, you worthless clown",
    "shut up you stupid moron",
    "you are such a loser, go away you freak",
    "what an ugly idiot you are",
    "you stupid clown, you pathetic loser",
)
SLOGAN = "this server belongs to us now, bow down to the storm crew forever and ever"
CRISIS_SLOGAN = "i want to die and nobody in this whole place would even miss me when i am gone"
INVITE = "free presents for everybody who joins us right now at discord{dot}gg/{code}"

VICTIM = MemberId("victim")


@dataclass(frozen=True)
class Raid:
    """One raid, to be let into the engine.

    Attributes:
        said: Every event, in order of its time.
        hidden: The messages of members who need help; none is a copy.
        copies: Authors of copies that sound like a crisis.
    """

    shape: str
    policy: CommunityPolicy
    said: Sequence[Event]
    hidden: Sequence[Message]
    copies: frozenset[MemberId]


@dataclass
class Outcome:
    """What became of a raid."""

    alerts: list[Case] = field(default_factory=list)
    lost: list[MessageId] = field(default_factory=list)
    unseen: list[MessageId] = field(default_factory=list)
    punished: list[str] = field(default_factory=list)
    messages: int = 0


Writer = Callable[[random.Random, int], tuple[str, Sequence[str]]]


def _slogan(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    return SLOGAN, ()


def _varied(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    return _disguised(drawn, SLOGAN), ()


def _insult(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    return _disguised(drawn, drawn.choice(INSULTS), changes=1), (VICTIM,)


def _mentions(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    return f"look here {number}", [f"regular{each}" for each in drawn.sample(range(20), 10)]


def _invite(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    dot = drawn.choice([".", " . ", "[.]", "\u200b.\u200b", "(dot)"])
    return INVITE.format(dot=dot, code="".join(drawn.choices("abcdefgh", k=8))), ()


def _crisis(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    return CRISIS_SLOGAN, ()


def _insulting_copies(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    return f"{INSULTS[0]}, {SLOGAN}", (VICTIM,)


def _mixed(drawn: random.Random, number: int) -> tuple[str, Sequence[str]]:
    return drawn.choice([_slogan, _varied, _insult, _mentions, _invite, _insulting_copies])(drawn, number)


SHAPES: dict[str, Writer] = {
    "slogan": _slogan,
    "varied": _varied,
    "insult": _insult,
    "mentions": _mentions,
    "invite": _invite,
    "crisis": _crisis,
    "insulting copies": _insulting_copies,
    "mixed": _mixed,
}


def a_raid(seed: int) -> Raid:
    """The raid of a seed; seeds go through the shapes one after the other."""
    drawn = random.Random(seed)
    shape = list(SHAPES)[seed % len(SHAPES)]
    channels = [Channel(id=ChannelId(f"channel{n}"), name=f"channel{n}") for n in range(drawn.randint(1, 6))]
    raiders = [f"raider{n}" for n in range(drawn.choice([1, 2, 3, 10, 50, 100]))]
    gap_s = drawn.choice([0.05, 0.3, 1.0, 3.0])
    at = START
    said: list[Event] = []
    if drawn.random() < 0.3:
        for raider in raiders:
            at += timedelta(seconds=drawn.uniform(0, 5))
            said.append(
                MemberJoined(
                    platform=PlatformName("local"), community=COMMUNITY, member=MemberId(raider), name=raider, at=at
                )
            )
    is_deleted = drawn.random() < 0.3
    hidden_at = set(drawn.sample(range(MESSAGES), drawn.randint(0, 2)))
    distress = drawn.sample(DISTRESS, len(hidden_at))
    hidden: list[Message] = []
    for number in range(MESSAGES):
        at += timedelta(seconds=drawn.uniform(0, 2 * gap_s))
        text, mentions = SHAPES[shape](drawn, number)
        channel, raider = drawn.choice(channels), drawn.choice(raiders)
        message = replace(
            a_message(f"raid{number}", text, author=raider, channel=channel, sent_at=at),
            mentions=tuple(map(MemberId, mentions)),
        )
        said.append(MessageWritten(message=message))
        if is_deleted and drawn.random() < 0.8:
            said.append(
                MessageDeleted(
                    platform=message.platform, community=COMMUNITY, channel=channel, message_id=message.id, at=at
                )
            )
        if drawn.random() < 0.2:
            author = f"regular{drawn.randrange(20)}"
            talk = a_message(f"talk{number}", drawn.choice(TALK), author=author, channel=channel, sent_at=at)
            said.append(MessageWritten(message=talk))
        if number in hidden_at:
            name = f"hurt{len(hidden)}"
            cry = a_message(f"cry{number}", distress.pop(), author=name, channel=channel, sent_at=at)
            hidden.append(cry)
            said.append(MessageWritten(message=cry))
    copies = frozenset(map(MemberId, raiders)) if shape == "crisis" else frozenset()
    return Raid(shape, _a_policy(drawn), said, hidden, copies)


def _a_policy(drawn: random.Random) -> CommunityPolicy:
    ladder = [
        {"category": "harassment", "min_level": 2, "action": "timeout", "duration_s": 600, "mode": "automatic"},
        {"category": "rules", "min_level": 2, "action": "delete", "mode": "automatic"},
        {"category": "rules", "min_level": 3, "action": "ban", "duration_s": 86400, "mode": "automatic"},
    ]
    return CommunityPolicy.model_validate(
        {
            "enforcement": drawn.choice(["live", "shadow"]),
            "ladder": drawn.choice([[], ladder]),
            "links": {"invites": 2},
            "raid": {"cases": drawn.choice([1, 2, 3, 3]), "on_joins": drawn.choice(["automatic", "propose", "alert"])},
        }
    )


def _disguised(drawn: random.Random, text: str, changes: int = 3) -> str:
    """The text with some letters changed, hidden characters, another case, numbers behind it."""
    letters = list(text)
    for _ in range(drawn.randint(0, changes)):
        letters[drawn.randrange(len(letters))] = drawn.choice("abcxyz\u200b")
    said = "".join(letters)
    return drawn.choice([said, said.upper(), f"{said} {drawn.randrange(10**6)}", f"{said}!!! \u2764"])


class _Witness(Screening):
    """Screening that remembers what it said."""

    def __init__(self, filters: Sequence[Filter], clock: FakeClock) -> None:
        infos = [FilterInfo(name=each.name, categories=each.categories) for each in filters]
        lanes = [
            Lane(name=each.name, worker=InlineWorker([each]), filters=(info,))
            for each, info in zip(filters, infos, strict=True)
        ]
        super().__init__(lanes, clock, Noticeboard())
        self.said: dict[MessageId, tuple[Seen, Verdict]] = {}

    async def screen(self, batch: Sequence[Seen]) -> list[Verdict]:
        verdicts = await super().screen(batch)
        for seen, verdict in zip(batch, verdicts, strict=True):
            self.said[seen.message.id] = (seen, verdict)
        return verdicts


@cache
def _lexicons() -> tuple[Filter, ...]:
    """Those that know nothing of a policy take seconds to make."""
    return (*crisis_filters(), *(each for each in conduct_filters({}) if each.name == "harassment"))


async def raided(raid: Raid, seed: int = 0) -> Outcome:
    """Let a raid pass through the engine while nobody looks at the queue."""
    drawn = random.Random(seed)
    clock = FakeClock()
    store, intake = MemoryStore(clock), MemoryIntake()
    by_policy = (each for each in conduct_filters({None: raid.policy}) if each.name != "harassment")
    screening = _Witness((*_lexicons(), *by_policy), clock)
    engine = Engine(
        intake=intake,
        store=store,
        screening=screening,
        policy_of=lambda _: raid.policy,
        clock=clock,
        notices=Noticeboard(),
    )
    said = list(raid.said)
    while said:
        batch, said = said[: (size := drawn.choice([1, 4, 16, 64]))], said[size:]
        clock.advance(max(_time_of(batch[-1]) - clock.now(), timedelta()))
        await intake.append(batch)
        while await engine.step():
            pass
    assert not await intake.take(1)
    return await _outcome(raid, store, screening)


async def _outcome(raid: Raid, store: MemoryStore, screening: _Witness) -> Outcome:
    outcome = Outcome(messages=len(screening.said))
    held: dict[MessageId, set[Concern]] = {}
    alone = {each.id for each in raid.hidden}
    for case in await store.cases(COMMUNITY, OPEN_STATES, 10_000):
        evidence = await store.evidence(COMMUNITY, case.id)
        for each in evidence:
            held.setdefault(each.message_id, set()).add(case.concern)
        if case.concern is Concern.CRISIS and case.is_about_member and case.subject.startswith("hurt"):
            alone -= {each.message_id for each in evidence if each.author == case.subject}
        for record in await store.actions(COMMUNITY, case.id):
            if record.action.kind is ActionKind.ALERT:
                outcome.alerts.append(case)
            is_enforced = LAWS[record.action.kind].enforces and record.action.enforcement is Enforcement.LIVE
            if is_enforced and record.action.target in raid.copies | {each.author.id for each in raid.hidden}:
                outcome.punished.append(record.action.target)
    outcome.unseen = sorted(alone)
    for message_id, (seen, verdict) in screening.said.items():
        wanted = {opening.concern for opening in decide(raid.policy, seen, verdict, NO_HISTORY).openings}
        is_kept = wanted <= held.get(message_id, set()) | ({Concern.CONDUCT} if held.get(message_id) else set())
        if not is_kept:
            outcome.lost.append(message_id)
    return outcome


def _time_of(event: Event) -> datetime:
    return event.message.sent_at if isinstance(event, MessageWritten) else event.at

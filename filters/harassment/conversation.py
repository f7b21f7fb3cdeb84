"""What was said before: who was hostile to whom, who answers in kind, who asked to be left alone.

Only looked at for a message that is hostile by itself, or that addresses somebody again and again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.flow.filter import Seen
from core.model.finding import Kind
from core.model.message import MemberId, Message
from filters.harassment.address import Address, MemberOf, address_of, bearer_in, named_in, names_of
from filters.harassment.claims import Aim, Claim
from filters.harassment.lexicon import Context
from filters.harassment.utterance import Reader, Utterance
from filters.text.excerpt import excerpt

NEAR = 5
"""How many messages back somebody may have spoken to be the "you" of a message that names nobody."""
PAST_HEAD_CHARS = 400
PAST_TAIL_CHARS = 100
"""Code points read of the beginning and of the end of an earlier message."""
WINDOW_CHARS = 16_000
"""Code points read of all earlier messages together; of those before that only who wrote them is known."""
PILE_ON_AUTHORS = 3
AGAIN_AFTER_STOP = 2
"""Messages to a member after they asked for an end that make it stalking."""
_BESIDE = 3
"""Characters between a phrase and the name of the one it is said to."""
_HEAD = 45
_NAME_ENDS = re.compile("[:,]")
PESTERING = 4
"""Unanswered messages to one member, at least two of them pressing, that make it stalking."""


@dataclass(frozen=True, slots=True)
class Hostility:
    """One earlier message that was hostile."""

    author: MemberId
    target: MemberId | None
    level: int
    kind: Kind
    message: Message
    is_explicit: bool
    in_fun: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The messages before one, as far as hostility goes.

    Attributes:
        hostilities: Earlier hostile messages, oldest first.
    """

    reader: Reader
    message: Message
    address: Address
    before: tuple[Message, ...]
    hostilities: tuple[Hostility, ...]

    def is_repeated(self, target: MemberId | None) -> bool:
        """Whether the author was hostile to the same member before."""
        return target is not None and any(
            past.author == self.message.author.id and past.target == target for past in self.hostilities
        )

    def attackers(self, target: MemberId) -> frozenset[MemberId]:
        """Everybody who was hostile to the member.

        Who teases with a laugh isn't counted, and of those who wrote the same without naming anybody only one is:
        copies are a raid on a channel.
        """
        attackers: set[MemberId] = set()
        copies: set[str] = {"" if self.address.is_explicit else self.message.text.casefold()}
        for past in self.hostilities:
            if past.in_fun and past.kind is Kind.INSULT:
                continue
            if past.target == target and (past.is_explicit or past.message.text.casefold() not in copies):
                attackers.add(past.author)
                copies.add(past.message.text.casefold())
        return frozenset(attackers - {target})

    def is_distressed(self, member: MemberId | None) -> bool:
        """Whether the member spoke of distress."""
        return member is not None and any(
            self.reader.shows(Context.DISTRESS, past.text) for past in self.before if past.author.id == member
        )

    def is_mutual_banter(self, target: MemberId | None) -> bool:
        """Whether the target teased the author as well, laughing, and never asked for an end."""
        author = self.message.author.id
        if target is None:
            return False
        theirs = [past for past in self.before if past.author.id == target]
        if any(self.reader.shows(Context.BOUNDARY, past.text) for past in theirs):
            return False
        teased = any(past.author == target and past.target == author and past.level <= 2 for past in self.hostilities)
        return teased and any(self._is_merry(past) for past in theirs)

    def _is_merry(self, message: Message) -> bool:
        return any(self.reader.shows(mood, message.text) for mood in (Context.LAUGH, Context.AFFECTION))


def window_of(reader: Reader, seen: Seen, address: Address) -> Window:
    """Reads the messages before, in order, so that an unaddressed "you" follows the talk."""
    before = remembered(tuple(past for past in seen.before if past.id != seen.message.id))
    names = names_of((*before, seen.message))
    member_of = names.get
    hostilities: list[Hostility] = []
    for index, past in enumerate(before):
        if not reader.look(past.text)[0]:
            continue
        said_to = address_of(past, member_of)
        named = named_in(past, names, said_to.start)
        utterance = reader.read(past.text, named, said_to.start, past.mentions)
        aimed = [
            (claim, target_of(claim, past, said_to, named, before[:index], hostilities))
            for claim in meant(utterance, past)
        ]
        if aimed:
            is_explicit = said_to.is_explicit or bool(named)
            in_fun = bool(utterance.moods & {Context.LAUGH, Context.AFFECTION})
            claim, target = max(aimed, key=lambda pair: (pair[0].level, pair[1] is not None))
            hostilities.append(Hostility(past.author.id, target, claim.level, claim.kind, past, is_explicit, in_fun))
    return Window(reader, seen.message, address, before, tuple(hostilities))


def remembered(before: Sequence[Message]) -> tuple[Message, ...]:
    """The earlier messages with as much of their text as is read."""
    room = WINDOW_CHARS
    kept: list[Message] = []
    for past in reversed(before):
        text = excerpt(past.text, PAST_HEAD_CHARS, PAST_TAIL_CHARS)
        room -= len(text)
        if room < 0:
            text = ""
        kept.append(past if text == past.text else replace(past, text=text))
    return tuple(reversed(kept))


def meant(utterance: Utterance, message: Message) -> list[Claim]:
    """The claims that are about somebody else."""
    return [
        claim for claim in utterance.claims if claim.member != message.author.id and "distress" not in claim.entry.flags
    ]


def target_of(
    claim: Claim,
    message: Message,
    address: Address,
    named: Mapping[tuple[int, int], MemberId],
    before: Sequence[Message],
    hostilities: Sequence[Hostility],
) -> MemberId | None:
    """Whom a claim is aimed at; `named` as in `Reader.read`.

    A name right beside the phrase is its target. A "you" without a name is the one who was just attacked by another,
    as in a pile-on, or else the last other speaker.
    """
    if claim.aim is Aim.NAMED:
        return claim.member
    if address.is_explicit:
        return address.target
    start, end = claim.span
    for (begins, ends), member in named.items():
        if 0 <= begins - end <= _BESIDE or 0 <= start - ends <= _BESIDE:
            return member
    if claim.aim is Aim.GROUP:
        return None
    author = message.author.id
    for past in reversed(before[-NEAR:]):
        if past.author.id == author:
            continue
        attack = next((h for h in reversed(hostilities) if h.message.id == past.id), None)
        if attack is not None and attack.target not in {None, author}:
            return attack.target
        return past.author.id
    return None


def stalked(reader: Reader, seen: Seen) -> tuple[MemberId, int, bool] | None:
    """Whether the message keeps after a member who wants no more: who, how many messages, and whether they said so."""
    message = seen.message
    author = message.author.id
    if not (message.reply_to_author or message.mentions or _NAME_ENDS.search(message.text, 1, _HEAD)):
        return None
    if not any(past.author.id == author for past in seen.before):
        return None
    member_of = bearer_in(seen.before)
    target = address_of(message, member_of).target
    if target is None:
        return None
    before = remembered(seen.before)
    stopped_at = -1
    for index, past in enumerate(before):
        if past.author.id == target and reader.shows(Context.BOUNDARY, past.text):
            told = address_of(past, member_of)
            if told.target == author or (not told.is_explicit and _spoke_to(before[:index], author, target, member_of)):
                stopped_at = index
    if stopped_at >= 0:
        again = _addressed(before[stopped_at + 1 :], author, target, member_of)
        if len(again) + 1 >= AGAIN_AFTER_STOP:
            return target, len(again) + 1, True
    if not reader.shows(Context.PESTER, message.text):
        return None
    unanswered = _addressed(before, author, target, member_of)
    if len(unanswered) + 1 < PESTERING or not any(reader.shows(Context.PESTER, past.text) for past in unanswered):
        return None
    first = before.index(unanswered[0])
    has_answered = any(past.author.id == target for past in before[first:])
    return None if has_answered else (target, len(unanswered) + 1, False)


def _addressed(messages: Sequence[Message], author: MemberId, target: MemberId, member_of: MemberOf) -> list[Message]:
    return [past for past in messages if past.author.id == author and address_of(past, member_of).target == target]


def _spoke_to(messages: Sequence[Message], author: MemberId, target: MemberId, member_of: MemberOf) -> bool:
    return bool(_addressed(messages[-NEAR:], author, target, member_of))

"""The flood filter: one member who writes, repeats or mentions too much, like messages of many, and unwanted links.

It looks at a message with what was said shortly before it, in its channel and in the others of its community. What
somebody quotes is never counted. Thresholds are each community's own.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from core.flow.filter import Seen
from core.model.finding import NOTHING, Category, Finding, Kind, Verdict
from core.model.message import CommunityId, Message
from core.model.policy import CommunityPolicy, Flood, Links
from filters.flood.likeness import are_alike, mark, wording
from filters.flood.links import links
from filters.text.excerpt import screened

NAME = "flood"
LOGIC_VERSION = "1"
BURST = timedelta(seconds=10)
REPEATING = timedelta(minutes=1)
RAIDING = timedelta(minutes=2)
RAID_LEVEL = 3
RAIDERS = 3
BY_TWO = 5
"""A raid is like messages of several members: of three, or of two who sent so many. Those of one are a flood."""


class FloodFilter:
    """Finds floods, raids of like messages and links, by each community's policy.

    Args:
        policies: A policy for each community; the one under None is every other community's.
    """

    name = NAME
    categories = frozenset({Category.RULES})

    def __init__(self, policies: Mapping[CommunityId | None, CommunityPolicy]) -> None:
        self._policies = dict(policies)
        self._allowed = {who: _hosts(policy.links.allowed) for who, policy in policies.items()}
        settings = sorted((who or "", repr(settings_of(policy))) for who, policy in self._policies.items())
        self.version = f"{LOGIC_VERSION}.{hashlib.sha256(repr(settings).encode()).hexdigest()[:8]}"

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._verdict(seen) for seen in batch]

    def _verdict(self, seen: Seen) -> Verdict:
        who = seen.message.community if seen.message.community in self._policies else None
        policy = self._policies.get(who)
        if policy is None:
            return NOTHING
        findings = (*_floods(seen, policy), *_mentions(seen.message, policy.flood))
        verdict = Verdict(findings=findings) if findings else NOTHING
        if not seen.message.text or min(policy.links.invites, policy.links.other) > 4:
            return verdict
        linked = screened(
            seen, lambda read: _links(read.message.text, policy.links, self._allowed[who]), NAME, Category.RULES
        )
        return Verdict(findings=(*findings, *linked.findings), checks=linked.checks)


def settings_of(policy: CommunityPolicy) -> tuple[object, ...]:
    """All that the filter knows of a policy."""
    links = (policy.links.invites, policy.links.other, sorted(policy.links.allowed))
    return policy.raid.alike, policy.flood, links


def _floods(seen: Seen, policy: CommunityPolicy) -> Iterator[Finding]:
    message, flood = seen.message, policy.flood
    here = [each for each in seen.before if _is_since(each, message, RAIDING)]
    lately = [*here, *(each for each in seen.elsewhere if _is_since(each, message, RAIDING))]
    if not lately:
        return
    own = [each for each in lately if each.author.id == message.author.id]
    if flood.messages and len(own) + 1 >= flood.messages:
        burst = sum(each.author.id == message.author.id and _is_since(each, message, BURST) for each in here)
        if burst + 1 >= flood.messages:
            yield _finding(Kind.FLOOD, flood.level, "messages", "Many messages of one member within seconds.")
    if flood.repeats and len(own) + 1 >= flood.repeats:
        repeated = sum(_is_since(each, message, REPEATING) and _is_repeated(each, message) for each in own)
        if repeated + 1 >= flood.repeats:
            yield _finding(Kind.FLOOD, flood.level, "repeats", "The same again and again, by one member.")
    if len(lately) + 1 >= policy.raid.alike and len(own) < len(lately):
        alike = [each for each in lately if _is_like(each, message)]
        authors = len({each.author.id for each in alike} | {message.author.id})
        are_many = authors >= RAIDERS or (authors == RAIDERS - 1 and len(alike) + 1 >= BY_TWO)
        if are_many and len(alike) + 1 >= policy.raid.alike:
            yield _finding(Kind.RAID, RAID_LEVEL, "alike", "Like messages of several members within two minutes.")


def _mentions(message: Message, flood: Flood) -> Iterator[Finding]:
    if not flood.mentions or len(message.mentions) < flood.mentions:
        return
    if len(set(message.mentions) - {message.author.id, message.reply_to_author}) >= flood.mentions:
        yield _finding(Kind.FLOOD, flood.level, "mentions", "Mentions many members at once.")


def _hosts(allowed: Collection[str]) -> frozenset[str]:
    """Hosts as links have them, whether or not they were written down as a whole address."""
    return frozenset(
        host.lower().rpartition("//")[2].partition("/")[0].removeprefix("*.").strip(".") for host in allowed
    )


def _links(text: str, settings: Links, allowed: Collection[str]) -> Verdict:
    found = links(text, allowed)
    invites = tuple(each.span for each in found if each.is_invite)
    others = tuple(each.span for each in found if not each.is_invite)
    findings = []
    if invites and settings.invites <= 4:
        why = "Invites to another community."
        findings.append(_finding(Kind.LINK, settings.invites, "invite", why, invites))
    if others and settings.other <= 4:
        why = "Holds a link that is not on this community's list."
        findings.append(_finding(Kind.LINK, settings.other, "link", why, others))
    return Verdict(findings=tuple(findings))


def _is_since(earlier: Message, message: Message, within: timedelta) -> bool:
    return -within <= message.sent_at - earlier.sent_at <= within


def _is_like(earlier: Message, message: Message) -> bool:
    """Whether two messages are like each other; lengths that are far apart are told without reading."""
    return _may_be_like(earlier.text, message.text) and are_alike(mark(earlier.text), mark(message.text))


def _is_repeated(earlier: Message, message: Message) -> bool:
    if not _may_be_like(earlier.text, message.text):
        return False
    return wording(earlier.text) == wording(message.text) or are_alike(mark(earlier.text), mark(message.text))


def _may_be_like(one: str, other: str) -> bool:
    """Four times as long is something else, or has so much hidden in it that it repeats nothing on purpose."""
    return bool(one and other) and len(one) <= 4 * len(other) and len(other) <= 4 * len(one)


def _finding(kind: Kind, level: int, rule: str, why: str, spans: tuple[tuple[int, int], ...] = ()) -> Finding:
    return Finding(
        filter=NAME,
        category=Category.RULES,
        kind=kind,
        level=level,
        score=1.0,
        spans=spans,
        why=why,
        rule=f"{NAME}.{rule}@{LOGIC_VERSION}",
    )

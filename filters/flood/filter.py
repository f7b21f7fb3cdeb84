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
from filters.flood.likeness import like, says_enough, wording
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
    here = _within(seen.before, message, RAIDING)
    lately = [*here, *_within(seen.elsewhere, message, RAIDING)]
    if not lately:
        return
    author = message.author.id
    own = [each for each in lately if each.author.id == author]
    if flood.messages and len(own) + 1 >= flood.messages:
        burst = sum(each.author.id == author for each in _within(here, message, BURST))
        if burst + 1 >= flood.messages:
            yield _finding(Kind.FLOOD, flood.level, "messages", "Many messages of one member within seconds.")
    if flood.repeats and len(own) + 1 >= flood.repeats:
        lately_own = _within(own, message, REPEATING)
        if len(lately_own) + 1 >= flood.repeats and _repeats(lately_own, message) + 1 >= flood.repeats:
            yield _finding(Kind.FLOOD, flood.level, "repeats", "The same again and again, by one member.")
    if len(lately) + 1 >= policy.raid.alike and len(own) < len(lately):
        alike = _like(lately, message)
        authors = len({each.author.id for each in alike} | {author})
        are_many = authors >= RAIDERS or (authors == RAIDERS - 1 and len(alike) + 1 >= BY_TWO)
        if are_many and len(alike) + 1 >= policy.raid.alike:
            yield _finding(Kind.RAID, RAID_LEVEL, "alike", "Much the same from several members within two minutes.")


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


def _within(said: Sequence[Message], message: Message, span: timedelta) -> list[Message]:
    """Those that were said within `span` of the message; one caught up late may stand before it."""
    sent_at = message.sent_at
    return [each for each in said if -span <= sent_at - each.sent_at <= span] if said else []


def _like(lately: Sequence[Message], message: Message) -> list[Message]:
    """The messages that are like this one; lengths that are far apart are told without reading."""
    length = len(message.text)
    near = [each for each in lately if length <= 4 * len(each.text) and len(each.text) <= 4 * length]
    if len(near) < RAIDERS - 1:
        return []
    return [near[place] for place in like(message.text, [each.text for each in near])]


def _repeats(own: Sequence[Message], message: Message) -> int:
    """How many of the member's messages say the same; of a short one every letter."""
    texts = [each.text for each in own]
    if says_enough(message.text):
        return len(like(message.text, texts))
    words = wording(message.text)
    return sum(wording(text) == words for text in texts) if words else 0


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

"""The harassment filter: what one message does to somebody, given what was said before."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from core.flow.filter import Seen
from core.model.finding import NOTHING, Category, Check, CheckState, Finding, Kind, Verdict
from filters.harassment.address import address_of, bearer_in, named_in, names_of
from filters.harassment.claims import Dismissed
from filters.harassment.conversation import (
    PILE_ON_AUTHORS,
    Window,
    stalked,
    target_of,
    window_of,
)
from filters.harassment.estimates import estimates
from filters.harassment.lexicon import Lexicon, read_lexicon
from filters.harassment.privatedata import exposure
from filters.harassment.utterance import Reader
from filters.harassment.weighing import Aimed, weigh
from filters.text.excerpt import not_read, screened

NAME = "harassment"
LOGIC_VERSION = "2"
HEAD_CHARS = 4_000
TAIL_CHARS = 1_000
"""Code points read of the beginning and of the end of a longer message; few platforms let a member write more."""
MAX_CHECKS = 8
"""Dismissals reported for one message."""

_WHY: Mapping[Kind, str] = {
    Kind.INSULT: "Calls somebody names or curses them",
    Kind.THREAT: "Threatens or wishes harm",
    Kind.IDENTITY_ATTACK: "Attacks a group of people, or somebody for belonging to one",
    Kind.SEXUAL: "Makes a sexual remark or demand",
    Kind.DOXXING: "Exposes private data, or threatens to",
    Kind.ENCOURAGEMENT: "Urges somebody to harm themselves or to die",
}
_DIGIT = re.compile("[0-9]")


class HarassmentFilter:
    """Finds abuse aimed at a person and says whom it is aimed at.

    Of a message of more than 5,000 code points the first 4,000 and the last 1,000 are read, and a skipped check says
    so. Of the messages before it less is read (conversation.py), so that the work for one message is bounded.

    Args:
        lexicon: The bytes of the lexicon file.
        source: The file's name, for errors and rule ids.

    Raises:
        ConfigurationRefused: The lexicon can't be read.
    """

    name = NAME
    categories = frozenset({Category.HARASSMENT})

    def __init__(self, lexicon: bytes, source: str = "en.txt") -> None:
        self._lexicon: Lexicon = read_lexicon(lexicon, source)
        self._reader = Reader(self._lexicon)
        self.version = f"{LOGIC_VERSION}.{self._lexicon.version}"

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [screened(seen, self._verdict, NAME, Category.HARASSMENT, HEAD_CHARS, TAIL_CHARS) for seen in batch]

    def _verdict(self, seen: Seen) -> Verdict:
        text = seen.message.text
        is_suspect, crude = self._reader.look(text)
        exposed = self._exposed(seen) if _DIGIT.search(text) else None
        stalking = self._stalking(seen) if seen.before else None
        if not (is_suspect or crude or exposed or stalking):
            return NOTHING
        findings: list[Finding] = []
        dismissed: tuple[Dismissed, ...] = ()
        is_cut = False
        if is_suspect:
            found, dismissed, is_cut = self._said(seen)
            findings.extend(found)
        findings.extend(finding for finding in (exposed, stalking) if finding is not None)
        if not (findings or dismissed or crude or is_cut):
            return NOTHING
        checks = [self._check(one) for one in dismissed[:MAX_CHECKS]]
        if is_cut:
            checks.append(not_read(NAME, Category.HARASSMENT, "not every phrase of the message was judged"))
        return Verdict(
            findings=tuple(findings),
            checks=tuple(checks),
            scores=estimates(findings, dismissed, crude),
        )

    def _said(self, seen: Seen) -> tuple[list[Finding], tuple[Dismissed, ...], bool]:
        message = seen.message
        names = names_of(seen.before)
        address = address_of(message, names.get)
        named = named_in(message, names, address.start)
        utterance = self._reader.read(message.text, named, address.start, message.mentions)
        if not utterance.claims:
            return [], utterance.dismissed, utterance.is_cut
        window = window_of(self._reader, seen, address)
        aimed: list[Aimed] = []
        dismissed = list(utterance.dismissed)
        for claim in utterance.claims:
            if claim.member == message.author.id:
                dismissed.append(Dismissed(claim.entry, "is said of the author"))
                continue
            target = target_of(claim, message, address, named, window.before, window.hostilities)
            weighed = weigh(claim, target, utterance.moods, window)
            if isinstance(weighed, Aimed):
                aimed.append(weighed)
            elif weighed is not None:
                dismissed.append(weighed)
        return list(self._findings(aimed, window)), tuple(dict.fromkeys(dismissed)), utterance.is_cut

    def _findings(self, aimed: list[Aimed], window: Window) -> Iterator[Finding]:
        for kind in dict.fromkeys(one.claim.kind for one in aimed):
            yield self._finding([one for one in aimed if one.claim.kind is kind])
        target = next((one.target for one in aimed if one.target is not None and not one.in_fun), None)
        if target is not None:
            attackers = window.attackers(target) | {window.message.author.id}
            if len(attackers) >= PILE_ON_AUTHORS:
                yield Finding(
                    filter=NAME,
                    category=Category.HARASSMENT,
                    kind=Kind.PILE_ON,
                    level=4 if window.is_distressed(target) else 3,
                    score=0.85,
                    spans=tuple(sorted(one.claim.span for one in aimed if one.target == target)),
                    why=f"{len(attackers)} people are hostile to the same member within a short time.",
                    rule=f"harassment/pile_on@{self.version}",
                    target=target,
                )

    def _finding(self, aimed: list[Aimed]) -> Finding:
        first = max(aimed, key=lambda one: (one.claim.level, one.claim.sure))
        notes = "".join(f", {note}" for note in dict.fromkeys(note for one in aimed for note in one.notes))
        return Finding(
            filter=NAME,
            category=Category.HARASSMENT,
            kind=first.claim.kind,
            level=first.claim.level,
            score=round(first.claim.sure, 3),
            spans=tuple(sorted({one.claim.span for one in aimed})),
            why=f"{_WHY[first.claim.kind]} ({first.claim.aim}{notes}).",
            rule=f"harassment/{first.claim.entry.line}@{self.version}",
            target=first.target,
        )

    def _exposed(self, seen: Seen) -> Finding | None:
        found = exposure(seen.message.text, seen.before)
        if found is None:
            return None
        target = found.member
        if target is None and found.addressed:
            target = address_of(seen.message, bearer_in(seen.before)).target
        if target == seen.message.author.id:
            return None
        known = found.member is not None or found.addressed
        return Finding(
            filter=NAME,
            category=Category.HARASSMENT,
            kind=Kind.DOXXING,
            level=4 if known else 2,
            score=0.85 if known else 0.55,
            spans=(found.span,),
            why="Gives somebody else's address or telephone number.",
            rule=f"harassment/private_data@{self.version}",
            target=target,
        )

    def _stalking(self, seen: Seen) -> Finding | None:
        found = stalked(self._reader, seen)
        if found is None:
            return None
        target, count, was_told = found
        told = "asked for an end" if was_told else "never answered"
        return Finding(
            filter=NAME,
            category=Category.HARASSMENT,
            kind=Kind.STALKING,
            level=3 if count >= 5 else 2,
            score=0.8 if was_told else 0.65,
            why=f"Keeps addressing a member who {told}: {count} messages.",
            rule=f"harassment/stalking@{self.version}",
            target=target,
        )

    def _check(self, dismissed: Dismissed) -> Check:
        return Check(
            filter=NAME,
            state=CheckState.CONSIDERED,
            why=f"A phrase {dismissed.why}.",
            category=Category.HARASSMENT,
            kind=dismissed.entry.kind,
            rule=f"harassment/{dismissed.entry.line}@{self.version}",
        )


def shipped() -> HarassmentFilter:
    """The filter with the English lexicon that is part of this package."""
    return HarassmentFilter(resources.files(__package__).joinpath("en.txt").read_bytes(), "filters/harassment/en.txt")

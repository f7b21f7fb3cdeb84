"""The harassment filter: what one message does to somebody, given what was said before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources

from core.flow.filter import Seen
from core.model.finding import NOTHING, Category, Check, CheckState, Finding, Kind, Verdict
from core.model.message import MemberId
from filters.harassment.address import Address, address_of, bearer_in, named_in, names_of
from filters.harassment.claims import Aim, Claim, Dismissed
from filters.harassment.conversation import (
    PILE_ON_AUTHORS,
    Window,
    stalked,
    target_of,
    window_of,
)
from filters.harassment.estimates import estimates
from filters.harassment.lexicon import Context, Lexicon, read_lexicon
from filters.harassment.privatedata import exposure
from filters.harassment.utterance import Reader, Utterance

NAME = "harassment"
LOGIC_VERSION = "1"
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
_CREDIBLE_KINDS = frozenset({Kind.THREAT})
_INSULT_CEILING = 3


@dataclass(frozen=True, slots=True)
class _Aimed:
    claim: Claim
    target: MemberId | None
    notes: tuple[str, ...] = ()


class HarassmentFilter:
    """Finds abuse aimed at a person and says whom it is aimed at.

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
        return [self._verdict(seen) for seen in batch]

    def _verdict(self, seen: Seen) -> Verdict:
        message = seen.message
        is_suspect, crude = self._reader.look(message.text)
        names = names_of(seen.before) if is_suspect else {}
        utterance = Utterance(crude=crude)
        findings: list[Finding] = []
        if is_suspect:
            address = address_of(message, names.get)
            named = named_in(message, names, address.start)
            utterance = self._reader.read(message.text, named, address.start, message.mentions)
            if utterance.claims:
                findings.extend(self._weighed(seen, utterance, address, named))
        findings.extend(self._exposed(seen))
        if seen.before:
            findings.extend(self._stalking(seen))
        if not (findings or utterance.dismissed or crude):
            return NOTHING
        dismissed = list(utterance.dismissed)
        return Verdict(
            findings=tuple(findings),
            checks=tuple(self._check(one) for one in dismissed[:MAX_CHECKS]),
            scores=estimates(findings, dismissed, crude),
        )

    def _weighed(
        self, seen: Seen, utterance: Utterance, address: Address, named: Mapping[tuple[int, int], MemberId]
    ) -> Iterator[Finding]:
        window = window_of(self._reader, seen, address)
        aimed: list[_Aimed] = []
        for claim in utterance.claims:
            if claim.member == seen.message.author.id:
                continue
            target = target_of(claim, seen.message, address, named, window.before, window.hostilities)
            weighed = self._weigh(claim, target, utterance, address, window)
            if weighed is not None:
                aimed.append(weighed)
        for kind in dict.fromkeys(one.claim.kind for one in aimed):
            yield self._finding([one for one in aimed if one.claim.kind is kind])
        target = next((one.target for one in aimed if one.target is not None), None)
        if target is not None:
            attackers = window.attackers(target) | {seen.message.author.id}
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

    def _weigh(
        self, claim: Claim, target: MemberId | None, utterance: Utterance, address: Address, window: Window
    ) -> _Aimed | None:
        notes: list[str] = []
        moods = utterance.moods
        distressed = claim.kind is Kind.ENCOURAGEMENT and window.is_distressed(target)
        if "distress" in claim.entry.flags and not distressed:
            return None
        level, sure = claim.level, claim.sure
        if claim.aim is Aim.ALONE and not address.is_explicit:
            level, sure = 2 if "severe" in claim.entry.flags else 1, 0.5
        merry = bool(moods & {Context.LAUGH, Context.AFFECTION})
        if level <= 2 and claim.kind is Kind.INSULT and Context.AFFECTION in moods:
            return None
        if merry and window.is_mutual_banter(target) and not distressed:
            if level <= 2 and claim.kind is Kind.INSULT:
                return None
            if claim.kind in {Kind.THREAT, Kind.ENCOURAGEMENT, Kind.SEXUAL} and Context.CREDIBLE not in moods:
                level, sure = min(level, 2), 0.5
                notes.append("both sides seem to be joking")
        elif merry and "playful" in claim.entry.flags and claim.kind is Kind.INSULT:
            level, sure = 1, 0.5
            notes.append("with laughter")
        if claim.kind is Kind.THREAT and Context.CREDIBLE not in moods:
            if Context.PLAY in moods:
                level, sure = 1, 0.5
                notes.append("about a game, it seems")
            elif merry:
                level, sure = 2, 0.55
                notes.append("with laughter")
        elif claim.kind is Kind.THREAT and not merry and Context.PLAY not in moods and level >= 3:
            level, sure = 4, 0.9
            notes.append("with details that make it credible")
        if distressed:
            level, sure = 4, 0.95
            notes.append("after they spoke of distress")
        elif level >= 2 and window.is_repeated(target) and not merry:
            level = min(level + 1, _INSULT_CEILING if claim.kind is Kind.INSULT else 4)
            notes.append("again")
        sure = sure if address.is_explicit or claim.aim is Aim.NAMED else sure * 0.95
        return _Aimed(replace(claim, level=level, sure=max(0.5, sure)), target, tuple(notes))

    def _finding(self, aimed: list[_Aimed]) -> Finding:
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

    def _exposed(self, seen: Seen) -> Iterator[Finding]:
        text = seen.message.text
        if not any(digit in text for digit in "0123456789"):
            return
        found = exposure(text, seen.before)
        if found is None:
            return
        target = found.member
        if target is None and found.addressed:
            target = address_of(seen.message, bearer_in(seen.before)).target
        if target == seen.message.author.id:
            return
        known = found.member is not None or found.addressed
        yield Finding(
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

    def _stalking(self, seen: Seen) -> Iterator[Finding]:
        found = stalked(self._reader, seen)
        if found is None:
            return
        target, count, was_told = found
        told = "asked for an end" if was_told else "never answered"
        yield Finding(
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

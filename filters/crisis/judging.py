"""From phrases that were found to what they mean here: light rules, each of them for a stated reason.

The rules a section of the lexicon may name:

`firm`       neither a joke nor a game lowers it.
`flippant`   often said in jest: a joke, a game or an everyday nuisance lowers or dismisses it, unless pain is near.
`jest`       with `flippant`: a laugh alone lowers it to 1, elsewhere to 2.
`game`       a word of games dismisses it.
`negatable`  a denial before it dismisses it; phrases that hold their own denial don't name this rule.
`subject`    said of somebody else it becomes third-person; said of the listener or of anybody it is dismissed.
`own`        with `subject`: where no person is named it counts only at the beginning of a sentence, or with pain near.
`past`       with a sign of the past or of recovery, and none of coming back, it is recovery.
`alone`      counts only with next to nothing around it.
`absence`    a word of travels or appointments dismisses it, unless pain is near.
`accident`   a word of accidents (a kitchen, sports) dismisses it.
`timed`      a time near at hand raises it by one.
`adds`       together with another entry that adds, it raises the gravest by one, to 3 at most; of entries of level 0
             two make 1, three or more make 2.
`covers`     what it covers is not held against anybody; of kind info unless it is a finding itself.
`frames`     near it only what the author says of themselves counts.
`reports`    near it no words are the author's own, except those of a firm section.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.model.finding import Kind
from filters.crisis.signs import Signs, signs_of
from filters.crisis.speaker import Quotation, Speaker, begins_sentence, is_denied, quotation_of, speaker_of
from filters.lexicon.lexicon import Match

RULES = frozenset(
    {
        "absence", "accident", "adds", "alone", "covers", "firm", "flippant", "frames", "game", "jest", "negatable",
        "own", "past", "reports", "subject", "timed",
    }
)  # fmt: skip


_NEAR = 16
"""Signs further than so many words from a phrase say nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a match means: a kind and level, or why it was dismissed (`level` 0)."""

    match: Match
    kind: Kind
    level: int
    why: str
    dismissed: str = ""


def judge(matches: Sequence[Match]) -> list[Judged]:
    """Every match of ONE reading, judged; `matches` is not empty."""
    words = matches[0].words
    covers = [match for match in matches if "covers" in match.entry.section.rules]
    frames = [match for match in matches if "frames" in match.entry.section.rules]
    reports = [match for match in matches if "reports" in match.entry.section.rules]
    judged = []
    for match in matches:
        section = match.entry.section
        if section.kind is Kind.INFO:
            judged.append(_dismiss(match, section.why))
            continue
        cover = next((other for other in covers if _covers(other, match)), None)
        if cover is not None:
            judged.append(_dismiss(match, cover.entry.section.why))
        elif (
            any(_near(other, match) for other in reports)
            and "firm" not in section.rules
            and section.kind is not Kind.HARM_BY_OTHERS
        ):
            judged.append(_dismiss(match, reports[0].entry.section.why))
        elif (
            any(_near(other, match) for other in frames)
            and section.kind is Kind.DISCLOSURE
            and speaker_of(words, match.first, match.last) is not Speaker.AUTHOR
        ):
            judged.append(_dismiss(match, frames[0].entry.section.why))
        else:
            judged.append(_judge_one(match, _signs_near(match)))
    return _added_up(judged)


def _covers(cover: Match, match: Match) -> bool:
    if cover.entry is match.entry or cover.first > match.last or cover.last < match.first:
        return False
    return cover.last > match.last or (cover.last == match.last and cover.first <= match.first)


def _signs_near(match: Match) -> Signs:
    words = match.words
    first = max(0, match.first - _NEAR)
    last = min(len(words.words) - 1, match.last + _NEAR)
    start = words.starts[first] if first else 0
    end = words.ends[last] if last + 1 < len(words.words) else len(words.reading.text)
    return signs_of(words.reading.text[start:end], words.words[first : last + 1])


def _near(frame: Match, match: Match) -> bool:
    return frame.first <= match.last + _NEAR and match.first <= frame.last + _NEAR


def _dismiss(match: Match, reason: str) -> Judged:
    return Judged(match=match, kind=match.entry.section.kind, level=0, why=match.entry.section.why, dismissed=reason)


def _judge_one(match: Match, signs: Signs) -> Judged:
    section = match.entry.section
    rules = section.rules
    if "alone" in rules and len(match.words.words) > match.last - match.first + 2:
        return _dismiss(match, "A bare word inside a longer message.")
    kind, level, why = section.kind, section.level, section.why
    quotation = quotation_of(match.words, match.first, match.last)
    speaker = speaker_of(match.words, match.first, match.last) if "subject" in rules else Speaker.AUTHOR
    if quotation is Quotation.UNKNOWN:
        return _dismiss(match, "Stands in a quotation.")
    if quotation is Quotation.OTHERS and kind is Kind.DISCLOSURE:
        speaker = Speaker.OTHER
    elif speaker in {Speaker.LISTENER, Speaker.ANYBODY} and kind is Kind.DISCLOSURE:
        return _dismiss(match, "Said of somebody else, or of nobody in particular.")
    if (
        "own" in rules
        and speaker is Speaker.UNSAID
        and not (signs.is_pain or begins_sentence(match.words, match.first))
    ):
        return _dismiss(match, "Said of nobody, or of a thing.")
    if "negatable" in rules and is_denied(match.words, match.first):
        return _dismiss(match, "Denied in the same sentence.")
    if "absence" in rules and signs.is_away and not signs.is_pain:
        return _dismiss(match, "Reads as being away for an everyday reason.")
    if "accident" in rules and signs.is_accident:
        return _dismiss(match, "Reads as an accident.")
    if speaker is Speaker.OTHER and kind is Kind.DISCLOSURE:
        kind, why = Kind.THIRD_PERSON, "Somebody else is said to be at risk."
    if "firm" not in rules:
        if signs.is_lyric:
            return _dismiss(match, "Reads as a line of a song.")
        most = _most_in_jest(match, signs)
        level = min(level, most)
        if not most:
            return _dismiss(match, "Reads as a joke, a game or a complaint about something small.")
    elif "game" in rules and signs.is_game and not signs.is_pain:
        return _dismiss(match, "Reads as being about a game.")
    if "past" in rules and signs.is_past and not signs.comes_back:
        kind, level, why = (
            (Kind.RECOVERY_PAST, 1, "Speaks of a crisis that is past.")
            if kind is Kind.DISCLOSURE
            else (kind, min(level, 2), why)
        )
    elif "timed" in rules and signs.is_soon and 2 <= level < 4 and kind is not Kind.RECOVERY_PAST:
        level += 1
        why = f"{why} Names a time near at hand."
    return Judged(match=match, kind=kind, level=level, why=why)


def _most_in_jest(match: Match, signs: Signs) -> int:
    """The highest level that what surrounds a phrase leaves it; 4 in earnest, 0 a joke."""
    rules = match.entry.section.rules
    if "game" in rules and signs.is_game and not signs.is_pain:
        return 0
    if "flippant" not in rules or signs.is_pain:
        return 4
    if signs.is_joke + signs.is_nuisance + signs.is_game > 1:
        return 0
    if signs.is_nuisance or signs.is_game:
        return 1
    if signs.is_joke:  # many hide what they mean behind a laugh
        return 1 if "jest" in rules or match.entry.section.kind is Kind.HARM_BY_OTHERS else 2
    return 4


def _added_up(judged: list[Judged]) -> list[Judged]:
    adding: list[Judged] = []
    for each in sorted(judged, key=lambda each: -each.level):
        if (
            not each.dismissed
            and each.kind is Kind.DISCLOSURE
            and "adds" in each.match.entry.section.rules
            and not any(_same_sign(each.match, other.match) for other in adding)
        ):
            adding.append(each)
    if len(adding) < 2:
        return judged
    gravest = max((each for each in judged if each.kind is Kind.DISCLOSURE), key=lambda each: each.level)
    if gravest.level >= 3:
        return judged
    if not gravest.level:
        gravest = adding[0]
    level = gravest.level + 1 if gravest.level else min(2, len(adding) - 1)
    raised = Judged(match=gravest.match, kind=gravest.kind, level=level, why=f"{gravest.why} Several signs together.")
    return [raised if each is gravest else each for each in judged]


def _same_sign(one: Match, other: Match) -> bool:
    """Of one entry, or of the same words."""
    return one.entry is other.entry or (one.first <= other.last and other.first <= one.last)

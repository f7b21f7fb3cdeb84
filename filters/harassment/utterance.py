"""One message by itself: the hostile claims in it, what was dismissed, and the signs of mood around them.

Nothing here knows the conversation beyond the names in it; conversation.py does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.model.message import MemberId
from filters.harassment.claims import OF_OTHERS, Aim, Claim, Dismissed
from filters.harassment.frames import judge_frame
from filters.harassment.grammar import judge_name
from filters.harassment.lexicon import Context, Hit, Lexicon, Shape
from filters.harassment.spelling import Spelling
from filters.harassment.words import Line, bare_words, glance, line_of, masked_words
from filters.text.folding import readings

_SMILES = re.compile(
    "[\U0001f600-\U0001f606\U0001f609-\U0001f60b\U0001f61b-\U0001f61d\U0001f602\U0001f643\U0001f923\U0001f92a\U0001f480]"
    "|(?<!\\w)[:;=8x]-?['’]?[)dDpP3](?!\\w)|\\bx[dD]\\b|\\^_?\\^|(?<!\\w)/[js]\\b"
)
_HEARTS = re.compile("[\N{HEAVY BLACK HEART}\U0001f493-\U0001f49f\U0001f60d\U0001f618\U0001f970\U0001f917]|<3")
_REMEMBERED = 1_024
_REMEMBERED_CHARS = 1_024
MOST_JUDGED = 32
"""Hostile phrases of one reading that are judged, the gravest ones; nobody says more in earnest."""
MOST_CLAIMS = 8
"""Claims of one message that are told, the strongest ones."""
_INSULTS = frozenset({Shape.NOUN, Shape.ADJECTIVE})


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one message says, read alone.

    Attributes:
        claims: Hostile phrases that are meant, strongest first, without those inside another.
        moods: The contexts seen anywhere in the message.
        crude: 2 for a strong profanity, 1 for a mild one, 0 for none.
        is_cut: Whether something was left unread, or a hostile phrase unjudged.
    """

    claims: tuple[Claim, ...] = ()
    dismissed: tuple[Dismissed, ...] = ()
    moods: frozenset[Context] = frozenset()
    crude: int = 0
    is_cut: bool = False


class Reader:
    """Reads messages with a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._spelling = Spelling(lexicon.vocabulary, lexicon.profanity)
        # What stands before a hostile message is looked at again for each further one.
        self._glances = lru_cache(maxsize=_REMEMBERED)(self._glance)
        self._shown = lru_cache(maxsize=_REMEMBERED)(self._shows)
        self._recalled = lru_cache(maxsize=_REMEMBERED)(self._read)

    def look(self, text: str) -> tuple[bool, int]:
        """Whether `read` could find anything hostile in the text, and how crude it is; most messages end here."""
        return self._glances(text) if len(text) <= _REMEMBERED_CHARS else self._glance(text)

    def _glance(self, text: str) -> tuple[bool, int]:
        suspect, crude = False, 0
        for reading in readings(text):
            words = bare_words(reading.text)
            if not self.lexicon.profanity.keys().isdisjoint(words):
                crude = max(crude, self._crudeness(words))
            if suspect:
                continue
            if reading.name == "squeezed":
                words = [self._spelling.unsqueezed(word) for word in words]
            elif reading.name == "masked":
                words = [self._spelling.unmasked(word) for word in masked_words(reading.text)]
            suspect = self.lexicon.is_suspect(words)
        return suspect, crude

    def shows(self, context: Context, text: str) -> bool:
        """Whether the text shows a mood that is looked up by itself."""
        return self._shown(context, text) if len(text) <= _REMEMBERED_CHARS else self._shows(context, text)

    def _shows(self, context: Context, text: str) -> bool:
        if context is Context.LAUGH and _SMILES.search(text):
            return True
        if context is Context.AFFECTION and _HEARTS.search(text):
            return True
        return self.lexicon.shows(context, glance(readings(text)[0].text))

    def read(
        self,
        text: str,
        names: Mapping[tuple[int, int], MemberId],
        start: int = 0,
        mentioned: Sequence[MemberId] = (),
    ) -> Utterance:
        """What the text says.

        Args:
            text: The message's own words.
            names: Original spans that name a member of the conversation.
            start: Where the words begin, after a name that the message is addressed to.
            mentioned: Members that the platform says are mentioned: "she" and "he" may mean them.
        """
        read = self._recalled if len(text) <= _REMEMBERED_CHARS else self._read
        return read(text, tuple(names.items()), start, tuple(mentioned))

    def _read(
        self,
        text: str,
        named: tuple[tuple[tuple[int, int], MemberId], ...],
        start: int,
        mentioned: tuple[MemberId, ...],
    ) -> Utterance:
        names = dict(named)
        claims: list[Claim] = []
        dismissed: list[Dismissed] = []
        moods: set[Context] = set()
        crude = 0
        seen: set[str] = set()
        is_cut = False
        for reading in readings(text):
            is_cut = is_cut or reading.is_cut
            line = line_of(reading, text, self._spelling, names, start)
            crude = max(crude, self._crudeness(bare_words(reading.text)))
            if line.joined in seen:
                continue
            seen.add(line.joined)
            hits = self.lexicon.hits(line)
            moods.update(hit.entry.context for hit in hits if hit.entry.context is not None)
            hostile = _gravest(hits)
            is_cut = is_cut or hostile is not hits
            for verdict in self._judged(line, hostile):
                if isinstance(verdict, Claim) and verdict.aim is Aim.THIRD:
                    about = next(iter((*names.values(), *mentioned)), None)
                    if about is not None:
                        claims.append(replace(verdict, aim=Aim.NAMED, member=about))
                    elif "severe" in verdict.entry.flags:
                        claims.append(replace(verdict, aim=Aim.GROUP, level=2))
                    else:
                        dismissed.append(Dismissed(verdict.entry, OF_OTHERS))
                elif isinstance(verdict, Claim):
                    claims.append(verdict)
                else:
                    dismissed.append(verdict)
        if _SMILES.search(text):
            moods.add(Context.LAUGH)
        if _HEARTS.search(text):
            moods.add(Context.AFFECTION)
        return Utterance(_strongest(claims), tuple(dict.fromkeys(dismissed)), frozenset(moods), crude, is_cut)

    def _crudeness(self, words: list[str]) -> int:
        return max((self.lexicon.profanity.get(word, 0) for word in words), default=0)

    def _judged(self, line: Line, hits: list[Hit]) -> list[Claim | Dismissed]:
        contexts = frozenset((hit.entry.context, hit.last) for hit in hits if hit.entry.context is not None)
        masks = [hit for hit in hits if hit.entry.context in {Context.HARMLESS, Context.COMPLIMENT}]
        verdicts: list[tuple[Hit, Claim | Dismissed]] = []
        for hit in hits:
            if hit.entry.kind is None:
                continue
            mask = next((m for m in masks if m.first < hit.last and hit.first < m.last and _covers(m, hit)), None)
            if mask is not None:
                praised = mask.entry.context is Context.COMPLIMENT
                verdicts.append(
                    (hit, Dismissed(hit.entry, "is a compliment" if praised else "is an ordinary expression"))
                )
            elif hit.entry.shape in _INSULTS:
                verdicts.append((hit, judge_name(line, hit, self.lexicon.modifiers)))
            else:
                verdicts.append((hit, judge_frame(line, hit, contexts)))
        claimed = [hit for hit, verdict in verdicts if isinstance(verdict, Claim)]
        return [
            verdict
            for hit, verdict in verdicts
            if isinstance(verdict, Claim) or not any(c.first < hit.last and hit.first < c.last for c in claimed)
        ]


def _gravest(hits: list[Hit]) -> list[Hit]:
    """The hits, in order, without the hostile ones beyond the gravest `MOST_JUDGED`."""
    hostile = [hit for hit in hits if hit.entry.kind is not None]
    if len(hostile) <= MOST_JUDGED:
        return hits
    return sorted(
        (
            *(hit for hit in hits if hit.entry.kind is None),
            *sorted(hostile, key=lambda hit: -hit.entry.level)[:MOST_JUDGED],
        ),
        key=lambda hit: (hit.first, -hit.last, hit.entry.line),
    )


def _covers(mask: Hit, hit: Hit) -> bool:
    """A long hostile frame isn't excused by a short expression within it."""
    return mask.last - mask.first >= hit.last - hit.first


def _strongest(claims: list[Claim]) -> tuple[Claim, ...]:
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda c: (-c.level, -c.sure, c.span[0] - c.span[1], c.span, c.entry.line)):
        if not any(other.span[0] < claim.span[1] and claim.span[0] < other.span[1] for other in kept):
            kept.append(claim)
            if len(kept) == MOST_CLAIMS:
                break
    return tuple(kept)

"""The toxicity filter: scores of six labels for every message, and findings from where on they concern people.

What a level means here is in `LEVELS`; the model card says how often ordinary chat reaches each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import resources

import numpy as np

from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.flow.judging import failed
from core.model.finding import Category, Finding, Kind, Verdict
from filters.text.excerpt import excerpt, screened
from filters.text.folding import Reading
from filters.toxicity.model import LABELS, LinearModel, Scorer
from filters.toxicity.reading import read, without_links

NAME = "toxicity"
FILE = "en.npz"
LOGIC_VERSION = "3"
CATEGORIES = frozenset({Category.TOXICITY})

HEAD_CHARS = 4_000
TAIL_CHARS = 1_000
"""Code points read of the beginning and of the end of a longer message."""

LEVELS: Mapping[str, tuple[tuple[float, int], ...]] = {
    "toxicity": ((0.9, 2), (0.6, 1)),
    "severe_toxicity": ((0.97, 4), (0.7, 3)),
    "obscene": ((0.9, 2), (0.6, 1)),
    "threat": ((0.9, 4), (0.7, 3)),
    "insult": ((0.8, 3), (0.6, 2), (0.5, 1)),
    "identity_attack": ((0.9, 4), (0.5, 3)),
}
"""For each label, from which probability on a finding has which level; below the last there is none.

Rude or obscene words alone stay at 2: most of them are meant for a computer. Level 3 is about 1 in 3,000 messages of a
technical chat, and 1 in 300 comments of a large forum.
"""

MOST_OF_ONE_WORD = 2
"""The highest level of a message of one word, a slur apart: alone it is mostly said to a computer, or to a toe."""

WITHIN_TOXICITY = frozenset({"severe_toxicity", "threat", "insult", "identity_attack"})
"""Ways of being toxic: none is surer than that the message is toxic at all."""

KINDS: Mapping[str, tuple[Kind, str]] = {
    "toxicity": (Kind.TOXIC, "Reads like something that makes people leave a conversation."),
    "severe_toxicity": (Kind.SEVERE_TOXICITY, "Reads as very hateful or aggressive."),
    "obscene": (Kind.OBSCENE, "Reads as obscene."),
    "threat": (Kind.THREAT, "Reads as a threat."),
    "insult": (Kind.INSULT, "Reads as an insult."),
    "identity_attack": (Kind.IDENTITY_ATTACK, "Reads as an attack on people for what they are."),
}

MARKED_WORDS = 6
SHARE_OF_STRONGEST = 0.35
"""A word is marked when it speaks for the label at least this much, beside the word that does so most."""

NOT_A_NUMBER = "the model gave no number"


@dataclass(frozen=True, slots=True)
class _Scored:
    """A reading with its scores, and for each label the reading that scored highest."""

    scores: Mapping[str, float]
    best: tuple[Reading, ...]


class ToxicityFilter:
    """Speaks `core.flow.filter.Filter`; judges one message at a time, without its context."""

    name = NAME
    categories = CATEGORIES

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    @property
    def version(self) -> str:
        return f"{LOGIC_VERSION}.{self._scorer.version}"

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        """One verdict a message; a message for which the model gives no number gets a failed check."""
        readings = [read(excerpt(seen.message.text, HEAD_CHARS, TAIL_CHARS)) for seen in batch]
        texts = [without_links(reading.text) for each in readings for reading in each]
        rows = self._scorer.scores(texts)
        verdicts = []
        at = 0
        for seen, each in zip(batch, readings, strict=True):
            scores = rows[at : at + len(each)]
            at += len(each)
            if not np.isfinite(scores).all():
                verdicts.append(failed(NAME, CATEGORIES, NOT_A_NUMBER))
                continue
            highest = scores.argmax(axis=0)
            found = _Scored(
                scores={
                    label: float(scores[best, place])
                    for place, (label, best) in enumerate(zip(LABELS, highest, strict=True))
                },
                best=tuple(each[best] for best in highest),
            )
            verdicts.append(
                screened(seen, partial(self._verdict, found), NAME, Category.TOXICITY, HEAD_CHARS, TAIL_CHARS)
            )
        return verdicts

    def _verdict(self, found: _Scored, seen: Seen) -> Verdict:
        findings = (self._finding(found, place) for place in range(len(LABELS)))
        return Verdict(findings=tuple(each for each in findings if each is not None), scores=found.scores)

    def _finding(self, found: _Scored, place: int) -> Finding | None:
        label = LABELS[place]
        score = found.scores[label]
        if label in WITHIN_TOXICITY:
            score = min(score, found.scores["toxicity"])
        level = level_of(label, score)
        if label != "identity_attack" and " " not in found.best[place].text.strip():
            level = min(level, MOST_OF_ONE_WORD)
        if not level:
            return None
        kind, why = KINDS[label]
        return Finding(
            filter=NAME,
            category=Category.TOXICITY,
            kind=kind,
            level=level,
            score=score,
            spans=self._spans(found.best[place], place),
            why=why,
            rule=f"{NAME}.{label}@{self.version}",
        )

    def _spans(self, reading: Reading, place: int) -> tuple[tuple[int, int], ...]:
        """The words that speak most for the label, in the original."""
        weighed = self._scorer.weigh(without_links(reading.text), place)
        strongest = max((weight for _, _, weight in weighed), default=0.0)
        least = strongest * SHARE_OF_STRONGEST
        kept = sorted((each for each in weighed if each[2] > 0 and each[2] >= least), key=lambda each: -each[2])
        return tuple(sorted({reading.span(start, end) for start, end, _ in kept[:MARKED_WORDS]}))


def level_of(label: str, score: float) -> int:
    """The level of a probability of that label, 0 for none."""
    return next((level for at_least, level in LEVELS[label] if score >= at_least), 0)


def shipped(digest: str) -> ToxicityFilter:
    """The filter of the shipped model, whose bytes have to have the SHA-256 `digest`.

    Raises: `ConfigurationRefused` for other bytes, or ones that are no model.
    """
    place = f"filters/toxicity/{FILE}"
    try:
        data = resources.files(__package__).joinpath(FILE).read_bytes()
    except OSError:
        raise ConfigurationRefused(place, "can't be read", "reinstall Lightkeeper") from None
    if sha256(data).hexdigest() != digest:
        raise ConfigurationRefused(place, "was changed after it was checked", "reinstall Lightkeeper")
    return ToxicityFilter(LinearModel(data, place))

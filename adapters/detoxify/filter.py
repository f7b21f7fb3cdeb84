"""Detoxify behind the protocol of a filter: its probabilities become scores, kinds and levels.

The levels are set by what a label means and by how sure the model has to be. They are not calibrated on a community's
own chat, which `lightkeeper backtest` does for its owner.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from adapters.detoxify.checkpoint import SCORED
from adapters.detoxify.scoring import Reading
from core.flow.filter import Seen
from core.flow.judging import NO_ANSWER
from core.model.finding import NOTHING, Category, Check, CheckState, Finding, Kind, Verdict

NAME = "detoxify"

LEVELS: Mapping[str, tuple[tuple[float, int], ...]] = {
    "severe_toxicity": ((0.8, 4), (0.5, 3)),
    "threat": ((0.9, 4), (0.5, 3)),
    "identity_attack": ((0.9, 4), (0.7, 3), (0.5, 2)),
    "insult": ((0.95, 3), (0.8, 2), (0.5, 1)),
    "toxicity": ((0.95, 3), (0.8, 2), (0.5, 1)),
    "obscene": ((0.9, 2), (0.5, 1)),
}
"""For each label, from which score on a finding has which level; below the last there is none."""

KINDS: Mapping[str, tuple[Kind, str]] = {
    "toxicity": (Kind.TOXIC, "Detoxify reads this as toxic"),
    "severe_toxicity": (Kind.SEVERE_TOXICITY, "Detoxify reads this as very hateful or aggressive"),
    "obscene": (Kind.OBSCENE, "Detoxify reads this as obscene"),
    "threat": (Kind.THREAT, "Detoxify reads this as a threat"),
    "insult": (Kind.INSULT, "Detoxify reads this as an insult"),
    "identity_attack": (Kind.IDENTITY_ATTACK, "Detoxify reads this as an attack on a group of people"),
}

NO_TIME = "Detoxify had no time left for all of this message"
NOT_READ = "the middle of a very long message was not read"


class Reader(Protocol):
    """Scores texts; `Scorer` does it with the model."""

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """One reading a text, in order."""
        ...


class DetoxifyFilter:
    """Speaks `core.flow.filter.Filter`; finds toxicity."""

    name = NAME
    categories = frozenset({Category.TOXICITY})

    def __init__(self, reader: Reader, digest: str) -> None:
        """Make the filter; `digest` is the SHA-256 of the checkpoint, which makes its version."""
        self._reader = reader
        self.version = digest[:12]

    def screen(self, batch: Sequence[Seen]) -> list[Verdict]:
        """One verdict a message; the context is not read."""
        places = [place for place, seen in enumerate(batch) if seen.message.text.strip()]
        readings = self._reader.readings([batch[place].message.text for place in places]) if places else []
        verdicts = [NOTHING] * len(batch)
        for place, reading in zip(places, readings, strict=True):
            verdicts[place] = self._verdict(reading)
        return verdicts

    def _verdict(self, reading: Reading) -> Verdict:
        checks = []
        if not reading.is_whole:
            checks.append(self._skipped(NO_TIME, "" if reading.scores else NO_ANSWER))
        if reading.is_cut:
            checks.append(self._skipped(NOT_READ, ""))
        found = (self._finding(label, reading.scores[label]) for label in SCORED if label in reading.scores)
        return Verdict(
            findings=tuple(finding for finding in found if finding is not None),
            checks=tuple(checks),
            scores=reading.scores,
        )

    def _finding(self, label: str, score: float) -> Finding | None:
        level = next((level for at_least, level in LEVELS[label] if score >= at_least), 0)
        if not level:
            return None
        kind, why = KINDS[label]
        return Finding(
            filter=self.name,
            category=Category.TOXICITY,
            kind=kind,
            level=level,
            score=score,
            why=why,
            rule=f"{NAME}:{label}@{self.version}",
        )

    def _skipped(self, why: str, rule: str) -> Check:
        return Check(filter=self.name, state=CheckState.SKIPPED, why=why, category=Category.TOXICITY, rule=rule)

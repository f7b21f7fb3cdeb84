"""Measures the shipped toxicity model: `python -m training.measure_toxicity` writes the figures of docs/models.

Cross-validation is taken from the last training on this machine (`make train`); everything else runs the shipped file.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from core.flow.filter import Seen
from core.model.finding import Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from filters.toxicity.filter import LEVELS, ToxicityFilter
from filters.toxicity.model import LABELS, LinearModel
from training.card import with_figures
from training.corpus import CROSS_VALIDATED, DATA, Sample, corpus, rows_of, table
from training.fitting import Floats, natural
from training.measuring import calibration, cross_validated
from training.plotting import calibration_plot
from training.toxicity import MARGINS, ROOT, SHIPPED

OUT = ROOT / "docs" / "models"
BATCH = 64
CHATS = {
    "ubuntu_irc": ("chat/ubuntu_irc_100k.csv.gz", "text"),
    "goemotions_reddit": ("chat/goemotions_reddit.csv.gz", "text"),
    "sms": ("chat/sms_en_20k.csv.gz", "text"),
}
"""Chat that nobody labelled: how often it reaches each level bounds how often moderators are called in vain."""

GROUPS = (
    *("gay", "lesbian", "bisexual", "homosexual", "queer", "trans", "transgender", "lgbt"),
    *("black", "white", "african american", "asian", "latino", "hispanic", "mexican", "american", "chinese", "indian"),
    *("muslim", "jewish", "christian", "catholic", "buddhist", "sikh", "atheist"),
    *("deaf", "blind", "disabled", "old", "young", "male", "female", "feminist", "immigrant"),
)
FEWEST = 20
"""A group with fewer harmless sentences is not reported."""


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the data folder")
    data: Path = parser.parse_args().data
    model = SHIPPED.read_bytes()
    linear = LinearModel(model, SHIPPED.name)
    judge = ToxicityFilter(linear)
    samples = corpus(data)
    validated = [sample for sample in samples if sample.source == CROSS_VALIDATED]
    truth = table(validated)
    rate = natural(truth)
    with np.load(MARGINS) as margins:
        exact, rounded = margins["exact"], margins["coarse"]
    probabilities = linear.probabilities(rounded).astype(np.float64)
    held = calibration(truth, probabilities, rate)
    figures = {
        "model": {
            "file": SHIPPED.relative_to(ROOT).as_posix(),
            "sha256": sha256(model).hexdigest(),
            "bytes": len(model),
            "version": judge.version,
        },
        "cross_validated": cross_validated(truth, exact, rounded, rate),
        "calibration": held,
        "levels": {label: {str(level): at for at, level in LEVELS[label]} for label in LABELS},
        "held_out": _held_out(judge, [sample for sample in samples if sample.is_held_out]),
        "measured_only": _measured_only(judge, data),
        "identity": _identity(judge, data, [sample for sample in samples if sample.is_held_out]),
        "alarms_per_1000": {
            name: _alarms(judge, _texts(data / file, column)) for name, (file, column) in CHATS.items()
        },
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "toxicity.json").write_text(json.dumps(figures, indent=2) + "\n")
    (OUT / "toxicity-calibration.svg").write_text(calibration_plot(held))
    card = OUT / "toxicity.md"
    card.write_text(with_figures(card.read_text(encoding="utf-8"), figures), encoding="utf-8")
    sys.stderr.write(f"measured: mean AUC {figures['cross_validated']['mean_auc']}\n")
    return 0


def _held_out(judge: ToxicityFilter, samples: Sequence[Sample]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for source in sorted({sample.source for sample in samples}):
        here = [sample for sample in samples if sample.source == source]
        scores = _scores(judge, [sample.text for sample in here])
        figures = {}
        for place in (0, LABELS.index("identity_attack")):
            truth = np.array([sample.labels[place] for sample in here])
            known = ~np.isnan(truth)
            if 0 < np.nansum(truth) < known.sum():
                figures[LABELS[place]] = _areas(truth[known], scores[known, place])
        if figures:
            found[source] = figures
        elif not np.nansum([sample.labels for sample in here]):
            found[source] = {"texts": len(here), "scored_toxic_above_half": _share(scores[:, 0] >= 0.5)}
    return found


def _measured_only(judge: ToxicityFilter, data: Path) -> dict[str, Any]:
    rows = [row for row in rows_of(data / "toxicity" / "multilingual_measure.csv.gz") if row["lang"] == "en"]
    found = {}
    for source in sorted({row["source"] for row in rows}):
        here = [row for row in rows if row["source"] == source]
        truth = np.array([float(row["toxic"]) for row in here])
        found[source] = _areas(truth, _scores(judge, [row["text"] for row in here])[:, 0])
    return found


def _identity(judge: ToxicityFilter, data: Path, held_out: Sequence[Sample]) -> dict[str, Any]:
    """How often harmless texts that name a group are called toxic, or reach the level that alerts by default."""
    wiki = [row["comment"] for row in rows_of(data / "toxicity" / "identity_benign_wiki.csv.gz")]
    own = [sample.text for sample in held_out if sample.source == "madlibs" and sample.labels[0] == 0.0]
    return {"benign_wiki": _by_group(judge, wiki), "madlibs_held_out_harmless": _by_group(judge, own)}


def _by_group(judge: ToxicityFilter, texts: Sequence[str]) -> dict[str, Any]:
    verdicts = _verdicts(judge, texts)
    scores = np.array([verdict.scores["toxicity"] for verdict in verdicts])
    level = np.array([_level(verdict) for verdict in verdicts])
    found: dict[str, Any] = {"all": _rates(scores, level)}
    for group in GROUPS:
        pattern = re.compile(rf"\b{group}s?\b", re.IGNORECASE)
        here = np.array([pattern.search(text) is not None for text in texts])
        if here.sum() >= FEWEST:
            found[group] = _rates(scores[here], level[here])
    return found


def _rates(scores: Floats, level: Any) -> dict[str, Any]:
    return {
        "texts": len(scores),
        "scored_toxic_above_half": _share(scores >= 0.5),
        "level_3_or_more": _share(level >= 3),
    }


def _alarms(judge: ToxicityFilter, texts: Sequence[str]) -> dict[str, Any]:
    verdicts = _verdicts(judge, texts)
    levels = np.array([_level(verdict) for verdict in verdicts])
    kinds: dict[str, int] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            if finding.level >= 3:
                kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
    return {
        "messages": len(texts),
        "level_or_more": {str(level): round(float((levels >= level).mean() * 1000), 2) for level in (1, 2, 3, 4)},
        "level_3_or_more_by_kind": {kind: round(count / len(texts) * 1000, 2) for kind, count in sorted(kinds.items())},
    }


def _areas(truth: Floats, scores: Floats) -> dict[str, float]:
    return {
        "texts": len(truth),
        "positive": int(truth.sum()),
        "auc": round(float(roc_auc_score(truth, scores)), 4),
        "average_precision": round(float(average_precision_score(truth, scores)), 4),
    }


def _share(flags: Any) -> float:
    return round(float(np.mean(flags)), 4)


def _level(verdict: Verdict) -> int:
    return max((finding.level for finding in verdict.findings), default=0)


def _scores(judge: ToxicityFilter, texts: Sequence[str]) -> Floats:
    return np.array([[verdict.scores[label] for label in LABELS] for verdict in _verdicts(judge, texts)])


def _verdicts(judge: ToxicityFilter, texts: Sequence[str]) -> list[Verdict]:
    return [
        verdict
        for start in range(0, len(texts), BATCH)
        for verdict in judge.screen([_seen(text) for text in texts[start : start + BATCH]])
    ]


def _seen(text: str) -> Seen:
    return Seen(
        message=Message(
            platform=PlatformName("file"),
            community=CommunityId("file:"),
            channel=Channel(id=ChannelId("channel"), name="channel"),
            id=MessageId("1"),
            author=Author(id=MemberId("author"), name="author"),
            text=text,
            sent_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )


def _texts(path: Path, column: str) -> list[str]:
    return [row[column] for row in rows_of(path)]


if __name__ == "__main__":
    csv.field_size_limit(10**8)
    sys.exit(main())

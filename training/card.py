"""The figures of the model card, written into its page between two marks, so that nobody copies them by hand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BEGIN = "<!-- figures: written by training.measure_toxicity -->"
END = "<!-- end of figures -->"
TITLES = {
    "ubuntu_irc": "technical chat (Ubuntu IRC)",
    "goemotions_reddit": "Reddit comments (GoEmotions)",
    "sms": "private text messages (NUS SMS)",
}


def with_figures(page: str, figures: Mapping[str, Any]) -> str:
    """`page` with its figures renewed.

    Raises: `ValueError` where the marks are missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for figures")
    return before + "\n\n".join([BEGIN, *_sections(figures), END]) + after


def _sections(figures: Mapping[str, Any]) -> Iterable[str]:
    validated = figures["cross_validated"]
    low, high = validated["mean_auc_interval_95"]
    yield (
        f"Mean AUC of the six labels, 5-fold out-of-fold over {validated['texts']:,} comments, toxic ones weighted to "
        f"a natural 10 %: **{validated['mean_auc']:.4f}** (bootstrap, 95 %: {low:.4f} to {high:.4f}) with the 8-bit "
        f"weights that ship, {validated['mean_auc_before_rounding']:.4f} before rounding."
    )
    yield _table(
        ("label", "positive", "AUC", "average precision"),
        ((name, row["positive"], row["auc"], row["average_precision"]) for name, row in validated["labels"].items()),
    )
    yield "On English text that was held out of training, or comes from sources that are never trained on (\\*):"
    yield _table(
        ("source", "label", "texts", "positive", "AUC", "average precision"),
        [
            *(
                (source, label, row["texts"], row["positive"], row["auc"], row["average_precision"])
                for source, labels in figures["held_out"].items()
                for label, row in labels.items()
                if isinstance(row, Mapping)
            ),
            *(
                (f"{source} \\*", "toxicity", row["texts"], row["positive"], row["auc"], row["average_precision"])
                for source, row in figures["measured_only"].items()
            ),
        ],
    )
    yield "Messages of each 1,000 that reach a level or a higher one, in chat that nobody labelled:"
    yield _table(
        ("chat", "messages", "level 1", "level 2", "level 3", "level 4"),
        (
            (TITLES[name], row["messages"], *(row["level_or_more"][str(level)] for level in (1, 2, 3, 4)))
            for name, row in figures["alarms_per_1000"].items()
        ),
    )
    yield "Probability of `toxicity` against what was so, by tenths:"
    yield _table(
        ("said", "was so", "share of texts"),
        ((row["said"], row["was_so"], row["share"]) for row in figures["calibration"]["toxicity"]),
    )
    yield "Harmless texts that name a group of people:"
    yield _table(
        ("texts", "group", "number", "`toxicity` above 0.5", "level 3 or more"),
        (
            (
                source.replace("_", " "),
                group,
                row["texts"],
                f"{row['scored_toxic_above_half']:.1%}",
                f"{row['level_3_or_more']:.1%}",
            )
            for source, groups in figures["identity"].items()
            for group, row in groups.items()
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if isinstance(value, float) else str(value)

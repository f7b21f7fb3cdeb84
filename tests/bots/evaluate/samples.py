"""An evaluation for tests, of made-up scores: one label found well, one badly, one that nothing can be said of."""

import numpy as np

from bots.evaluate.columns import Columns, Label
from bots.evaluate.figures import NaturalRate, evaluation
from bots.evaluate.report import Evaluation
from bots.evaluate.run import Collected

ROWS = 600
A_TENTH = NaturalRate(rate=0.1)


def collected() -> Collected:
    """Scores, labels and levels as if they had been screened."""
    random = np.random.default_rng(11)
    made = Collected(
        Columns(
            text="comment_text",
            labels=(
                Label(column="toxic", score="toxicity"),
                Label(column="threat", score="threat"),
                Label(column="crisis", score="crisis"),
            ),
        )
    )
    for _ in range(ROWS):
        is_toxic, is_threat = random.random() < 0.3, random.random() < 0.05
        toxicity = float(np.clip(random.normal(0.65 if is_toxic else 0.2, 0.2), 0, 1))
        for place, (score, truth) in enumerate(
            ((toxicity, int(is_toxic)), (float(random.random()), int(is_threat)), (0.0, 0))
        ):
            made.scores[place].append(score)
            made.truths[place].append(truth)
        made.levels[True].append(0)
        made.alerts[True].append(0)
        made.levels[False].append(int(toxicity * 4))
        made.alerts[False].append(int(toxicity > 0.75))
    return made


def evaluated(natural: NaturalRate | None = A_TENTH) -> Evaluation:
    """Its figures."""
    return evaluation(
        collected(),
        source="<script>alert(1)</script>.csv",
        policy="general",
        natural=natural,
        bad_rows=3,
        is_cut=True,
        seconds=1.25,
        resamples=60,
    )

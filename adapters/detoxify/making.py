"""Makes the filter, in the process that runs it; nothing heavy is imported before, and no network is asked."""

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.detoxify.files import read_checked, read_config
from core.errors import ConfigurationRefused
from core.flow.filter import Filter

if TYPE_CHECKING:
    from adapters.detoxify.scoring import Scorer

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def detoxify_filters(
    checkpoint: Path, sha256: str, folder: Path, device: str = "auto", budget_s: float | None = None
) -> tuple[Filter, ...]:
    """The filter over this checkpoint.

    Args:
        checkpoint: A file that Detoxify published, or one of its shape.
        sha256: What it has to be; compared before anything in it is read.
        folder: Holds config.json and the tokenizer's files.
        device: auto (a GPU where there is one), cpu or cuda.
        budget_s: How long a batch may take before its longest messages go without; None reads everything.

    Raises: `ConfigurationRefused` for a missing extra and for files that are not what they should be.
    """
    os.environ.update(OFFLINE)  # read by the libraries when they are imported
    try:
        from adapters.detoxify.checkpoint import unpickled
        from adapters.detoxify.filter import DetoxifyFilter
        from adapters.detoxify.model import built
        from adapters.detoxify.scoring import Scorer
    except ImportError as error:
        raise _not_installed(error.name or type(error).__name__) from error
    model = built(unpickled(read_checked(checkpoint, sha256), checkpoint, sha256.lower()), folder, device)
    scorer = Scorer(model, budget_s=budget_s)
    if not _answers(scorer):
        raise ConfigurationRefused(
            str(checkpoint), "the model gives no probabilities", "take a checkpoint that Detoxify published"
        )
    return (DetoxifyFilter(scorer, model.digest),)


def look(checkpoint: Path, sha256: str, folder: Path) -> None:
    """Check what can be told soon: the extra, the hash and the configuration; no model is made.

    Raises: `ConfigurationRefused`.
    """
    for name in ("torch", "transformers", "detoxify"):
        if importlib.util.find_spec(name) is None:
            raise _not_installed(name)
    read_checked(checkpoint, sha256)
    read_config(folder)


def _not_installed(name: str) -> ConfigurationRefused:
    return ConfigurationRefused(
        "LIGHTKEEPER_DETOXIFY_CHECKPOINT",
        f"Detoxify is not installed: no module {name}",
        "install the extra: lightkeeper[detoxify], see docs/guides/detoxify.md",
    )


def _answers(scorer: "Scorer") -> bool:
    """Whether one synthetic line gets a probability for each label; it also warms the model up."""
    (reading,) = scorer.readings(["a short line about nothing"])
    return bool(reading.scores) and all(0.0 <= score <= 1.0 for score in reading.scores.values())

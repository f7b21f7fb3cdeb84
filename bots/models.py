"""Which models this process judges with, each checked against its hash before anything is read out of it.

A model that can't be used never stops the start: its lane goes on without it and says so in every verdict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bots.assets import HOME, checked_model
from core.errors import ConfigurationRefused

if TYPE_CHECKING:  # loading settings takes longer than all models; `screen` needs none
    from config.settings import Settings

TOXICITY = "toxicity/en.npz"
"""The shipped toxicity model, below `filters/`."""

OnRefused = Callable[[ConfigurationRefused], object]
"""Told of each model that is not used, with the file, the reason and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that may be used: the bytes that are read later have to have this SHA-256."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The models of a process; for each a `Model`, or why it is refused.

    None is a model that nobody asked for: it has no lane and no check.
    """

    toxicity: Model | ConfigurationRefused | None = None


def load_models(settings: "Settings | None" = None, home: Path = HOME) -> Models:
    """The shipped models, and those that `settings` name.

    Raises nothing for a model's sake: what is wrong with one stands in its place.
    """
    if not (home / TOXICITY).exists():
        return Models()
    return Models(toxicity=_shipped(TOXICITY, home))


def _shipped(name: str, home: Path) -> Model | ConfigurationRefused:
    try:
        return Model(digest=checked_model(name, home))
    except ConfigurationRefused as refused:
        return refused

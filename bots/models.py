"""Which models this process judges with, each checked against its hash before anything is read out of it.

A model that can't be used never stops the start: its lane goes on without it and says so in every verdict.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bots.assets import HOME, checked_model
from core.errors import ConfigurationRefused

if TYPE_CHECKING:  # loading settings takes longer than all models; `screen` needs none
    from config.settings import Settings

TOXICITY = "toxicity/en.npz"
"""The shipped toxicity model, below `filters/`."""

DETOXIFY_SETTINGS = "LIGHTKEEPER_DETOXIFY_"
"""How the names of the settings begin that name a model."""

OnRefused = Callable[[ConfigurationRefused], object]
"""Told of each model that is not used, with the file, the reason and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that may be used: the bytes that are read later have to have this SHA-256."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetoxifyFiles:
    """What the operator named for Detoxify; `adapters.detoxify` reads and checks it, in the worker."""

    checkpoint: Path
    sha256: str
    folder: Path
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The models of a process; for each where it is, or why it is refused.

    None is a model that nobody asked for: it has no lane and no check.
    """

    toxicity: Model | ConfigurationRefused | None = None
    detoxify: DetoxifyFiles | None = None


def load_models(settings: "Settings | None" = None, home: Path = HOME) -> Models:
    """The shipped models, and those that `settings` name.

    Raises nothing for a model's sake: what is wrong with one stands in its place.
    """
    detoxify = None if settings is None else _detoxify(settings)
    return Models(toxicity=_shipped(TOXICITY, home), detoxify=detoxify)


def configured_models() -> Models:
    """The shipped models, and those that the settings of this process name; settings are loaded only if they may.

    Raises: `ConfigurationRefused` for settings that name a model and are wrong.
    """
    if not _may_name_models():
        return load_models()
    from config.settings import load_settings

    return load_models(load_settings())


def _may_name_models() -> bool:
    if any(name.upper().startswith(DETOXIFY_SETTINGS) for name in os.environ):
        return True
    with suppress(OSError):
        return DETOXIFY_SETTINGS.encode() in Path(".env").read_bytes().upper()
    return False


def _detoxify(settings: "Settings") -> DetoxifyFiles | None:
    checkpoint, sha256, folder = settings.detoxify_checkpoint, settings.detoxify_sha256, settings.detoxify_config
    if checkpoint is None or sha256 is None or folder is None:
        return None
    return DetoxifyFiles(checkpoint=checkpoint, sha256=sha256, folder=folder, device=settings.detoxify_device)


def _shipped(name: str, home: Path) -> Model | ConfigurationRefused:
    try:
        return Model(digest=checked_model(name, home))
    except ConfigurationRefused as refused:
        return refused

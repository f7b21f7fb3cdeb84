"""What stands in a Detoxify checkpoint: `{"config": ..., "state_dict": ...}`, pickled.

The unpickler takes tensors and plain values only, so that a file can run no code even where its hash is right.
"""

import io
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.errors import ConfigurationRefused

STANDARD_NAMES = {"toxic": "toxicity", "severe_toxic": "severe_toxicity", "identity_hate": "identity_attack"}
"""What Detoxify calls the labels of its first model, after `detoxify.detoxify.load_checkpoint` (0.5.4)."""

SCORED = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
"""The labels that become scores; a checkpoint may have more (`sexual_explicit`), which nothing here reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What stands in a checkpoint.

    Attributes:
        path: Where it came from, for refusals.
        digest: Its SHA-256 in hexadecimal.
        labels: The names of the first outputs, in order, as Detoxify standardises them.
        outputs: How many outputs the model has; some models learned more than they report.
        model_name: The class of transformers that it was trained as.
        tokenizer_name: The class of its tokenizer.
        weights: Every tensor by its name.
    """

    path: Path
    digest: str
    labels: tuple[str, ...]
    outputs: int
    model_name: str
    tokenizer_name: str
    weights: Mapping[str, Any]


def unpickled(content: bytes, path: Path, digest: str) -> Checkpoint:
    """The checkpoint in these bytes.

    Raises: `ConfigurationRefused` for bytes that hold anything but weights and plain values in Detoxify's shape.
    """
    try:
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise _refused(
            path,
            "the checkpoint holds objects beside weights and plain values",
            "save it again with torch.save from a dictionary of `config` and `state_dict`",
        ) from None
    except Exception as error:  # noqa: BLE001 - a damaged archive raises whatever its damage hits
        raise _refused(path, f"is not a PyTorch checkpoint: {type(error).__name__}") from None
    if not isinstance(loaded, dict) or not {"config", "state_dict"} <= loaded.keys():
        raise _refused(path, "is not a Detoxify checkpoint: it has no `config` or no `state_dict`")
    args = _at(loaded["config"], path, "arch", "args")
    labels = _labels(_at(loaded["config"], path, "dataset", "args"), path)
    outputs = args.get("num_classes")
    if not isinstance(outputs, int) or isinstance(outputs, bool) or outputs < len(labels):
        raise _refused(path, f"names {len(labels)} labels, but its `num_classes` is no number of at least as many")
    names = [args.get("model_name"), args.get("tokenizer_name")]
    if not all(isinstance(each, str) for each in names):
        raise _refused(path, "does not say as which model and with which tokenizer it was trained")
    weights = loaded["state_dict"]
    if not isinstance(weights, Mapping) or not all(isinstance(each, torch.Tensor) for each in weights.values()):
        raise _refused(path, "its `state_dict` holds more than tensors")
    if not all(bool(torch.isfinite(each).all()) for each in weights.values()):
        raise _refused(path, "some of its weights are no finite numbers")
    return Checkpoint(
        path=path,
        digest=digest,
        labels=labels,
        outputs=outputs,
        model_name=str(names[0]),
        tokenizer_name=str(names[1]),
        weights=weights,
    )


def standard(names: Sequence[object]) -> tuple[str, ...]:
    """Label names as Detoxify reports them."""
    return tuple(STANDARD_NAMES.get(str(each), str(each)) for each in names)


def _at(config: object, path: Path, *keys: str) -> Mapping[str, Any]:
    found = config
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise _refused(path, f"is not a Detoxify checkpoint: its `config` has no `{'.'.join(keys)}`")
    return found


def _labels(args: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    classes = args.get("classes")
    if not isinstance(classes, list | tuple) or not all(isinstance(each, str) for each in classes):
        raise _refused(path, "does not name its labels")
    labels = standard(classes)
    if len(set(labels)) != len(labels) or "toxicity" not in labels:
        raise _refused(path, "its labels are not Detoxify's: `toxicity` is missing, or a label stands twice")
    return labels


def _refused(path: Path, reason: str, hint: str = "take a checkpoint that Detoxify published") -> ConfigurationRefused:
    return ConfigurationRefused(str(path), reason, hint)

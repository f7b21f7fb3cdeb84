"""A checkpoint and a configuration folder become a model and its tokenizer, by Detoxify's own loader.

The loader trusts what it is given. It asks the model hub for a configuration even where a folder is named, takes the
number of labels from that folder (two, where the folder says nothing), and hands over to transformers, which in silence
fills missing weights with random ones, drops those it has no place for, and makes an empty vocabulary where there is no
tokenizer file. So it is given the folder in place of the hub's name, which makes it take the number of labels from the
checkpoint, and everything else is compared before and after.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from detoxify.detoxify import get_model_and_tokenizer

from adapters.detoxify.checkpoint import SCORED, Checkpoint, standard
from adapters.detoxify.files import CONFIG, FOLDER_HINT, read_config
from core.errors import ConfigurationRefused

TASK = "ForSequenceClassification"
MIN_VOCABULARY = 0.99
"""The smallest part of the model's vocabulary that the tokenizer may have: some models pad theirs by a few words."""

DISUSED = (".position_ids", ".pooler.dense.weight", ".pooler.dense.bias")
"""Endings of tensors that older versions of transformers wrote and a model that has no place for them does not need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that is ready, and its tokenizer.

    Attributes:
        digest: The SHA-256 of the checkpoint.
        labels: The names of its first outputs.
        window: How many tokens it reads at once.
        device: Where it computes.
    """

    network: Any
    tokenizer: Any
    digest: str
    labels: tuple[str, ...]
    window: int
    device: str


def built(checkpoint: Checkpoint, folder: Path, device: str) -> Model:
    """The model of this checkpoint, on this device.

    Raises: `ConfigurationRefused` when checkpoint and folder don't belong together, or there is no such device.
    """
    where = _device(device)
    model_class = _named(checkpoint, checkpoint.model_name, ending=TASK)
    _named(checkpoint, checkpoint.tokenizer_name, ending="")
    _compare_labels(checkpoint, read_config(folder), folder, model_class.config_class.model_type)
    _compare_shapes(checkpoint, folder, model_class)
    transformers.logging.set_verbosity(transformers.logging.CRITICAL)  # its reports would end up among our log lines
    transformers.logging.disable_progress_bar()
    try:
        network, tokenizer = get_model_and_tokenizer(
            model_type=str(folder),
            model_name=checkpoint.model_name,
            tokenizer_name=checkpoint.tokenizer_name,
            num_classes=checkpoint.outputs,
            state_dict=checkpoint.weights,
        )
    except Exception as error:
        raise ConfigurationRefused(
            str(folder), f"Detoxify can't load the checkpoint with it: {type(error).__name__}", FOLDER_HINT
        ) from error
    _compare_weights(checkpoint, network)
    _compare_vocabulary(tokenizer, network.config, folder)
    network.eval().to(where)
    return Model(
        network=network,
        tokenizer=tokenizer,
        digest=checkpoint.digest,
        labels=checkpoint.labels,
        window=min(tokenizer.model_max_length, _positions(network)),
        device=where,
    )


def _device(asked: str) -> str:
    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if asked == "cuda" and not torch.cuda.is_available():
        raise ConfigurationRefused(
            "LIGHTKEEPER_DETOXIFY_DEVICE", "torch sees no GPU here", "take auto or cpu, or install torch for CUDA"
        )
    return asked


def _named(checkpoint: Checkpoint, name: str, ending: str) -> Any:
    found = getattr(transformers, name, None)
    if not isinstance(found, type) or not name.endswith(ending):
        raise ConfigurationRefused(
            str(checkpoint.path),
            f"transformers {transformers.__version__} has no class {name[:80]!r} for it",
            "take a checkpoint that Detoxify published",
        )
    return found


def _compare_labels(checkpoint: Checkpoint, config: Mapping[str, Any], folder: Path, model_type: str) -> None:
    path = str(folder / CONFIG)
    found = config.get("model_type", model_type)
    if found != model_type:
        raise ConfigurationRefused(path, f"is of another kind of model than the checkpoint ({model_type})", FOLDER_HINT)
    names = config.get("id2label")
    counts = [config["num_labels"]] if "num_labels" in config else []
    if isinstance(names, dict):
        counts.append(len(names))
    for count in counts:
        if count != checkpoint.outputs:
            raise ConfigurationRefused(
                path,
                f"is of a model with {count} labels, and the checkpoint has {checkpoint.outputs}",
                f"{FOLDER_HINT}; in a copy of the right one, remove `id2label`, `label2id` and `num_labels`",
            )
    if isinstance(names, dict):
        theirs = standard([names.get(str(place), "") for place in range(len(checkpoint.labels))])
        for ours, their in zip(checkpoint.labels, theirs, strict=True):
            if ours != their and {ours, their} <= set(SCORED):
                raise ConfigurationRefused(
                    path, f"calls {their} what the checkpoint calls {ours}: they are of two models", FOLDER_HINT
                )


def _compare_shapes(checkpoint: Checkpoint, folder: Path, model_class: Any) -> None:
    """Whether the weights are those of a model of this configuration, before the loader makes what is missing."""
    try:
        config = model_class.config_class.from_pretrained(
            str(folder), num_labels=checkpoint.outputs, local_files_only=True
        )
        with torch.device("meta"):
            expected = model_class(config).state_dict()
    except Exception as error:
        raise ConfigurationRefused(
            str(folder / CONFIG), f"describes no model: {type(error).__name__}", FOLDER_HINT
        ) from error
    weights = checkpoint.weights
    missing = [name for name in expected if name not in weights]
    surplus = [name for name in weights if name not in expected and not name.endswith(DISUSED)]
    other = [name for name in expected if name in weights and weights[name].shape != expected[name].shape]
    for names, what in ((missing, "lacks"), (surplus, "has more than"), (other, "has in another size")):
        if names:
            raise ConfigurationRefused(
                str(checkpoint.path),
                f"the checkpoint {what} what the configuration folder asks for: {len(names)} tensors, "
                f"first {str(names[0])[:80]!r}",
                FOLDER_HINT,
            )


def _compare_weights(checkpoint: Checkpoint, network: Any) -> None:
    """Whether the model computes with the checkpoint's own numbers."""
    for name, tensor in network.state_dict().items():
        ours = checkpoint.weights.get(name)
        if ours is None or ours.dtype != tensor.dtype or not torch.equal(ours, tensor):
            raise ConfigurationRefused(
                str(checkpoint.path),
                f"transformers {transformers.__version__} did not take over {name!r} as it stands in the checkpoint",
                "take a version of transformers that the extra `detoxify` allows, and no `dtype` in config.json",
            )


def _compare_vocabulary(tokenizer: Any, config: Any, folder: Path) -> None:
    words = config.vocab_size
    if not MIN_VOCABULARY * words <= len(tokenizer) <= words:
        raise ConfigurationRefused(
            str(folder), f"its tokenizer knows {len(tokenizer)} words, and the model {words}", FOLDER_HINT
        )
    if not tokenizer.is_fast:
        raise ConfigurationRefused(
            str(folder), "its tokenizer is one of transformers 4", "install a newer version of the extra `detoxify`"
        )


def _positions(network: Any) -> int:
    """How many tokens have a position: RoBERTa and its kin count theirs from after the padding token's id."""
    config = network.config
    counts_padding = getattr(getattr(network.base_model, "embeddings", None), "padding_idx", None) is not None
    return int(config.max_position_embeddings) - (int(config.pad_token_id) + 1 if counts_padding else 0)

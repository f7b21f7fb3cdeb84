"""Checkpoints of Detoxify's real shape with random weights and a synthetic vocabulary, written by the test itself."""

import hashlib
import importlib.util
import json
import os
import string
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ORIGINAL = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
UNBIASED = ("toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit")
UNBIASED_OUTPUTS = 16
"""The unbiased model learned nine names of groups beside its seven labels and does not report them."""

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.6,  # the usual 0.02 gives every text a half
}
BERT_BASE: dict[str, Any] = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "initializer_range": 0.02,
}
"""With 30,522 words 110 million weights."""

WORDS = ("harbour", "kettle", "you", "are", "lantern", "##ing", "!", ".", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Where a checkpoint and its configuration folder lie, and the file's SHA-256."""

    checkpoint: Path
    folder: Path
    sha256: str


def needs_detoxify() -> None:
    """Skips, with the reason, where the extra is not installed; fails there under LIGHTKEEPER_STRICT=1."""
    missing = [name for name in ("torch", "transformers", "detoxify") if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"the extra `detoxify` is not installed: no {', '.join(missing)}"
        if os.environ.get("LIGHTKEEPER_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason, allow_module_level=True)


def original(place: Path, *, labels: tuple[str, ...] = ORIGINAL, words: int = 300, **shape: Any) -> Made:
    """BERT with six labels, as Detoxify's `original`; small, where `shape` doesn't say otherwise."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    folder = place / "bert"
    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *string.ascii_lowercase]
    vocabulary += [*(f"##{letter}" for letter in string.ascii_lowercase), *WORDS]
    vocabulary += [f"[unused{number}]" for number in range(words - len(vocabulary))]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    config = BertConfig(vocab_size=words, num_labels=len(labels), **{**SMALL, **shape})
    write_config(folder, config.to_dict())
    weights = random_weights(BertForSequenceClassification, config)
    weights["bert.embeddings.position_ids"] = torch.arange(512)[None]  # as transformers 3 saved it
    return saved(place, folder, weights, "BertForSequenceClassification", "BertTokenizer", labels, len(labels))


def unbiased(place: Path, *, positions: int = 514) -> Made:
    """RoBERTa with sixteen outputs, seven of them named, as Detoxify's `unbiased`; small."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import RobertaConfig, RobertaForSequenceClassification

    folder = place / "roberta"
    folder.mkdir(parents=True)
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet()), "<mask>"]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    config = RobertaConfig(
        vocab_size=len(tokens),
        num_labels=UNBIASED_OUTPUTS,
        max_position_embeddings=positions,
        type_vocab_size=1,
        **SMALL,
    )
    write_config(folder, config.to_dict())
    weights = random_weights(RobertaForSequenceClassification, config)
    model, tokenizer = "RobertaForSequenceClassification", "RobertaTokenizer"
    return saved(place, folder, weights, model, tokenizer, UNBIASED, UNBIASED_OUTPUTS)


def random_weights(model_class: Any, config: Any) -> OrderedDict[str, Any]:
    """A tensor for each that the model has, drawn from a normal distribution; seeded."""
    import torch

    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in model_class(config).state_dict().items()}
    generator = torch.Generator().manual_seed(7)
    spread = config.initializer_range
    return OrderedDict(
        (name, torch.empty(shape).normal_(0.0, spread, generator=generator)) for name, shape in shapes.items()
    )


def write_config(folder: Path, config: Mapping[str, Any], **changes: Any) -> None:
    """A config.json that names no labels, as the published ones of the base models don't; `changes` come last."""
    silent = {"id2label", "label2id", "num_labels"}
    kept = {name: value for name, value in config.items() if name not in silent}
    (folder / "config.json").write_text(json.dumps({**kept, **changes}), encoding="utf-8")


def read_config(made: Made) -> dict[str, Any]:
    """The configuration as it stands."""
    config: dict[str, Any] = json.loads((made.folder / "config.json").read_bytes())
    return config


def saved(
    place: Path,
    folder: Path,
    weights: Mapping[str, Any],
    model_name: str,
    tokenizer_name: str,
    labels: tuple[str, ...],
    outputs: int,
) -> Made:
    """The file as Detoxify's own converter writes it: the training's configuration and the weights."""
    # The published files name the hub's model as `model_type`; offline, Detoxify itself can only load a folder's.
    args = {
        "num_classes": outputs,
        "model_type": str(folder),
        "model_name": model_name,
        "tokenizer_name": tokenizer_name,
    }
    config = {
        "name": "synthetic",
        "batch_size": 10,
        "arch": {"type": "synthetic", "args": args},
        "dataset": {"type": "synthetic", "args": {"classes": list(labels), "val_fraction": None}},
        "optimizer": {"type": "Adam", "args": {"lr": 3e-5, "amsgrad": True}},
    }
    return pickled(place, folder, {"config": config, "state_dict": weights})


def pickled(place: Path, folder: Path, content: object) -> Made:
    """Any content, in PyTorch's file format."""
    import torch

    path = place / "synthetic.ckpt"
    torch.save(content, path)
    return Made(checkpoint=path, folder=folder, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def loaded(made: Made) -> dict[str, Any]:
    """What stands in a checkpoint, to be changed and pickled again."""
    import torch

    content: dict[str, Any] = torch.load(made.checkpoint, weights_only=True)
    return content

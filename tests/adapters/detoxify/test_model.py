"""A checkpoint with a configuration folder: what Detoxify's loader would let pass in silence is refused."""

import json
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

from adapters.detoxify.making import detoxify_filters
from core.errors import ConfigurationRefused
from tests.adapters.detoxify.checkpoints import (
    ORIGINAL,
    UNBIASED,
    Made,
    loaded,
    needs_detoxify,
    original,
    pickled,
    read_config,
    unbiased,
    write_config,
)

needs_detoxify()


def refusal(made: Made, device: str = "cpu") -> ConfigurationRefused:
    with pytest.raises(ConfigurationRefused) as caught:
        detoxify_filters(made.checkpoint, made.sha256, made.folder, device)
    assert caught.value.hint
    return caught.value


def named(*labels: str) -> dict[str, Any]:
    return {"id2label": {str(place): label for place, label in enumerate(labels)}}


@pytest.mark.parametrize(
    "changes", [{"num_labels": 2}, named("LABEL_0", "LABEL_1"), {"num_labels": 2, **named("LABEL_0", "LABEL_1")}]
)
def test_a_folder_of_two_labels_is_refused_for_a_checkpoint_of_six(tmp_path: Path, changes: dict[str, Any]) -> None:
    made = original(tmp_path)
    write_config(made.folder, read_config(made), **changes)
    refused = refusal(made)
    assert refused.reason == "is of a model with 2 labels, and the checkpoint has 6"
    assert refused.path == str(made.folder / "config.json")


def test_detoxifys_own_loader_fails_or_takes_two_labels_from_a_folder_that_names_none(tmp_path: Path) -> None:
    """Why the loader is given the folder in another place; when this fails, Detoxify has changed."""
    from detoxify.detoxify import load_checkpoint

    made = original(tmp_path)
    with pytest.raises(RuntimeError, match="mismatched"):
        load_checkpoint(checkpoint=made.checkpoint, huggingface_config_path=str(made.folder))
    assert detoxify_filters(made.checkpoint, made.sha256, made.folder, "cpu")


@pytest.mark.parametrize("labels", [ORIGINAL, tuple(f"LABEL_{place}" for place in range(6))])
def test_a_folder_that_names_the_same_labels_or_only_numbers_them_is_taken(
    tmp_path: Path, labels: tuple[str, ...]
) -> None:
    made = original(tmp_path)
    write_config(made.folder, read_config(made), **named(*labels))
    assert detoxify_filters(made.checkpoint, made.sha256, made.folder, "cpu")


def test_a_folder_that_names_the_labels_in_another_order_is_refused(tmp_path: Path) -> None:
    made = original(tmp_path)
    write_config(made.folder, read_config(made), **named(*reversed(ORIGINAL)))
    assert "calls identity_attack what the checkpoint calls toxicity" in refusal(made).reason


def test_a_checkpoint_whose_weights_have_fewer_labels_than_it_names_is_refused(tmp_path: Path) -> None:
    made = original(tmp_path, labels=ORIGINAL[:2])
    content = loaded(made)
    content["config"]["arch"]["args"]["num_classes"] = 6
    content["config"]["dataset"]["args"]["classes"] = list(ORIGINAL)
    assert "in another size" in refusal(pickled(tmp_path, made.folder, content)).reason


def test_missing_weights_are_never_filled_with_random_ones(tmp_path: Path) -> None:
    made = original(tmp_path)
    content = loaded(made)
    del content["state_dict"]["classifier.bias"]
    refused = refusal(pickled(tmp_path, made.folder, content))
    assert "lacks" in refused.reason
    assert "'classifier.bias'" in refused.reason


def test_weights_that_the_configuration_has_no_place_for_are_never_dropped(tmp_path: Path) -> None:
    made = original(tmp_path)
    write_config(made.folder, read_config(made), num_hidden_layers=1)
    assert "has more than" in refusal(made).reason


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    made = original(tmp_path)
    write_config(made.folder, read_config(made), intermediate_size=48)
    assert "in another size" in refusal(made).reason


def test_a_configuration_that_would_round_the_weights_is_refused(tmp_path: Path) -> None:
    made = original(tmp_path)
    write_config(made.folder, read_config(made), dtype="float16")
    assert "did not take over" in refusal(made).reason


def test_a_folder_of_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    made, other = original(tmp_path), unbiased(tmp_path / "other")
    crossed = Made(checkpoint=made.checkpoint, folder=other.folder, sha256=made.sha256)
    assert "another kind of model" in refusal(crossed).reason


def test_a_folder_without_tokenizer_files_is_refused(tmp_path: Path) -> None:
    made = original(tmp_path)
    (made.folder / "vocab.txt").unlink()
    assert "tokenizer" in refusal(made).reason


def test_a_tokenizer_of_another_vocabulary_is_refused(tmp_path: Path) -> None:
    made, other = original(tmp_path), original(tmp_path / "other", words=280)
    (made.folder / "vocab.txt").write_bytes((other.folder / "vocab.txt").read_bytes())
    assert refusal(made).reason == "its tokenizer knows 280 words, and the model 300"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model_type": "bert", "hidden_size": "wide"}'])
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    made = original(tmp_path)
    (made.folder / "config.json").write_text(content)
    assert refusal(made).path == str(made.folder / "config.json")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    made = original(tmp_path)
    missing = Made(checkpoint=made.checkpoint, folder=tmp_path / "nowhere", sha256=made.sha256)
    assert "can't be read" in refusal(missing).reason


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    made = original(tmp_path)
    content = loaded(made)
    content["state_dict"]["classifier.bias"][0] = float("nan")
    assert "no finite numbers" in refusal(pickled(tmp_path, made.folder, content)).reason


def test_a_gpu_that_is_not_there_is_refused_and_auto_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    made = original(tmp_path)
    refused = refusal(made, "cuda")
    assert refused.path == "LIGHTKEEPER_DETOXIFY_DEVICE"
    assert detoxify_filters(made.checkpoint, made.sha256, made.folder, "auto")


@pytest.mark.parametrize("make", [original, unbiased])
def test_loading_asks_nothing_of_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    asked: list[object] = []

    def refuse(*arguments: object) -> NoReturn:
        asked.append(arguments)
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    made = make(tmp_path)
    content = loaded(made)
    content["config"]["arch"]["args"]["model_type"] = "bert-base-uncased"  # what the published files name
    made = pickled(tmp_path, made.folder, content)
    assert detoxify_filters(made.checkpoint, made.sha256, made.folder, "cpu")
    assert asked == []


def test_a_model_with_more_outputs_than_labels_is_taken_as_detoxify_takes_it(tmp_path: Path) -> None:
    made = unbiased(tmp_path)
    names = (*UNBIASED, *(f"group {number}" for number in range(9)))
    write_config(made.folder, read_config(made), **named(*names))
    assert detoxify_filters(made.checkpoint, made.sha256, made.folder, "cpu")
    assert len(json.loads((made.folder / "config.json").read_bytes())["id2label"]) == 16

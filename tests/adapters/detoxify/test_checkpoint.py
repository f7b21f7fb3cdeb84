"""Reading a checkpoint: nothing of a file is believed before its hash, and nothing in it is run after."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.detoxify.making import detoxify_filters
from core.errors import ConfigurationRefused
from tests.adapters.detoxify.checkpoints import Made, loaded, needs_detoxify, original, pickled

needs_detoxify()


class RunsWhenUnpickled:
    """Leaves a file behind when it is unpickled: what any code in a checkpoint could do."""

    def __init__(self, left_behind: Path) -> None:
        self.left_behind = left_behind

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.left_behind),)


def refusal(made: Made, sha256: str | None = None) -> ConfigurationRefused:
    with pytest.raises(ConfigurationRefused) as caught:
        detoxify_filters(made.checkpoint, sha256 or made.sha256, made.folder, "cpu")
    assert caught.value.hint
    return caught.value


def test_nothing_of_a_file_is_unpickled_when_its_hash_is_another(tmp_path: Path) -> None:
    made = pickled(tmp_path, tmp_path, RunsWhenUnpickled(tmp_path / "ran"))
    refused = refusal(made, "0" * 64)
    assert made.sha256 in refused.reason
    assert refused.path == str(made.checkpoint)
    assert not (tmp_path / "ran").exists()


def test_code_in_a_file_is_not_run_though_its_hash_is_right(tmp_path: Path) -> None:
    made = pickled(tmp_path, tmp_path, {"config": {}, "state_dict": RunsWhenUnpickled(tmp_path / "ran")})
    assert "beside weights" in refusal(made).reason
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_exchanged_after_it_was_read_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = original(tmp_path)
    read = Path.read_bytes

    def read_and_exchange(path: Path) -> bytes:
        content = read(path)
        if path == made.checkpoint:
            path.write_bytes(b"another file, put there between hashing and loading")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_and_exchange)
    (detoxify,) = detoxify_filters(made.checkpoint, made.sha256, made.folder, "cpu")
    assert detoxify.version == made.sha256[:12]
    assert made.checkpoint.stat().st_size < 100


def test_the_hash_may_be_written_in_capitals(tmp_path: Path) -> None:
    made = original(tmp_path)
    assert detoxify_filters(made.checkpoint, made.sha256.upper(), made.folder, "cpu")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.ckpt", tmp_path):
        refused = refusal(Made(checkpoint=path, folder=tmp_path, sha256="0" * 64))
        assert "can't be read" in refused.reason


@pytest.mark.parametrize(
    "content", [b"", b"no checkpoint", b"PK\x03\x04 half an archive"], ids=["empty", "text", "zip"]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.ckpt"
    path.write_bytes(content)
    refusal(Made(checkpoint=path, folder=tmp_path, sha256=hashlib.sha256(content).hexdigest()))


def test_a_checkpoint_that_was_cut_in_half_is_refused_though_its_hash_is_right(tmp_path: Path) -> None:
    made = original(tmp_path)
    half = made.checkpoint.read_bytes()[: made.checkpoint.stat().st_size // 2]
    made.checkpoint.write_bytes(half)
    refused = refusal(made, hashlib.sha256(half).hexdigest())
    assert "not a PyTorch checkpoint" in refused.reason


@pytest.mark.parametrize(
    ("keys", "value", "reason"),
    [
        (("config",), None, "no `config`"),
        (("state_dict",), None, "no `config` or no `state_dict`"),
        (("config", "arch"), None, "arch.args"),
        (("config", "dataset"), {"args": []}, "dataset.args"),
        (("config", "dataset", "args", "classes"), None, "does not name its labels"),
        (("config", "dataset", "args", "classes"), ["toxic", "toxicity"], "stands twice"),
        (("config", "dataset", "args", "classes"), ["gentle", "kind"], "`toxicity` is missing"),
        (("config", "arch", "args", "num_classes"), 2, "names 6 labels"),
        (("config", "arch", "args", "num_classes"), "six", "names 6 labels"),
        (("config", "arch", "args", "tokenizer_name"), None, "with which tokenizer"),
        (("config", "arch", "args", "model_name"), "BertModel", "no class 'BertModel'"),
        (("config", "arch", "args", "model_name"), "NobodysForSequenceClassification", "no class"),
        (("config", "arch", "args", "tokenizer_name"), "logging", "no class 'logging'"),
        (("state_dict",), {"classifier.weight": [0.5]}, "more than tensors"),
    ],
)
def test_a_checkpoint_of_another_shape_is_refused_with_what_is_wrong(
    tmp_path: Path, keys: tuple[str, ...], value: object, reason: str
) -> None:
    made = original(tmp_path)
    content = loaded(made)
    place = content
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    assert reason in refusal(pickled(tmp_path, made.folder, content)).reason


def test_a_list_of_weights_is_refused(tmp_path: Path) -> None:
    assert "not a Detoxify checkpoint" in refusal(pickled(tmp_path, tmp_path, [1.0, 2.0])).reason

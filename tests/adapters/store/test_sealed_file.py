"""A sealed backup: what it gives away, what it notices, and that its size costs no memory."""

import hashlib
import io
import os
import tracemalloc
from pathlib import Path

import pytest

from adapters.store.sealed_file import CHUNK, Head, head_of, seal_file, unseal_file
from core.errors import ConfigurationRefused, KeyMissing
from tests.clock import START

MASTER = bytes(range(32))
HEAD = Head(revision="0004", opened_by="0.1.0", taken_at=START.isoformat())


def sealed(folder: Path, content: bytes) -> Path:
    plain, target = folder / "plain", folder / "sealed"
    plain.write_bytes(content)
    with target.open("wb") as file:
        seal_file(plain, file, MASTER, HEAD)
    return target


def opened(path: Path, master: bytes | None = MASTER) -> bytes:
    into = io.BytesIO()
    unseal_file(path, into, master)
    return into.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_what_was_sealed_comes_back_whatever_its_size(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    assert opened(sealed(tmp_path, content)) == content


def test_its_head_says_what_it_is_and_nothing_of_what_is_in_it(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"a synthetic member " * 1000)
    head = head_of(path)
    assert head is not None
    assert (head.revision, head.opened_by, head.at) == ("0004", "0.1.0", START)
    assert b"synthetic" not in path.read_bytes()
    assert MASTER.hex().encode() not in path.read_bytes()


def test_the_same_content_is_never_sealed_to_the_same_bytes(tmp_path: Path) -> None:
    first = sealed(tmp_path, b"the same " * 1000).read_bytes()
    assert sealed(tmp_path, b"the same " * 1000).read_bytes()[-1000:] != first[-1000:]


@pytest.mark.parametrize("at", [0, 30, 60, 400, CHUNK, 2 * CHUNK + 300, -1])
def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path: Path, at: int) -> None:
    path = sealed(tmp_path, bytes(3 * CHUNK))
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises((ConfigurationRefused, KeyMissing)):
        opened(path)


def test_what_was_cut_off_doubled_or_exchanged_is_noticed(tmp_path: Path) -> None:
    path = sealed(tmp_path, bytes(2 * CHUNK) + b"end")
    whole = path.read_bytes()
    start = len(whole) - (2 * (CHUNK + 16) + 3 + 16)
    first, second = (whole[start + n * (CHUNK + 16) : start + (n + 1) * (CHUNK + 16)] for n in (0, 1))
    for changed in (
        whole[: start + CHUNK + 16],  # at the end of a chunk
        whole[: start + 2 * (CHUNK + 16)],
        whole[:start],
        whole[: start + 100],
        whole[:start] + second + first + whole[start + 2 * (CHUNK + 16) :],
        whole[:start] + first + first + whole[start + 2 * (CHUNK + 16) :],
        whole + b"more",
        whole + first,
    ):
        path.write_bytes(changed)
        with pytest.raises(ConfigurationRefused, match="damaged"):
            opened(path)


def test_another_master_key_is_named_as_such_and_none_too(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"content")
    with pytest.raises(KeyMissing, match="another master key"):
        opened(path, bytes(32))
    with pytest.raises(KeyMissing, match="not there"):
        opened(path, None)


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00", b"lightkeeper backup 1\n", b"lightkeeper backup 1\n\xff" * 9]
)
def test_another_file_has_no_head(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    assert head_of(tmp_path / "other") is None
    assert head_of(tmp_path / "missing") is None


def test_a_large_database_costs_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    with (tmp_path / "plain").open("wb") as file:
        file.truncate(64 * CHUNK)
    hashes = hashlib.sha256()

    class Sink:
        def write(self, written: bytes, /) -> None:
            hashes.update(written)

    tracemalloc.start()
    with (tmp_path / "sealed").open("wb") as target:
        seal_file(tmp_path / "plain", target, MASTER, HEAD)
    unseal_file(tmp_path / "sealed", Sink(), MASTER)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * CHUNK, most
    assert hashes.digest() == hashlib.sha256(bytes(64 * CHUNK)).digest()

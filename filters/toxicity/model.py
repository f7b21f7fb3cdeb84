"""The fast tier: a linear model over hashed n-grams, one weight for each n-gram and label, calibrated.

It is what a filter asks for scores; a second, slower tier for what this one is unsure of would speak `Scorer` too.
"""

import io
import re
import zlib
from collections.abc import Sequence
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from core.errors import ConfigurationRefused
from filters.toxicity.grams import BUCKETS, MAX_CHARS, counted, grams

LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
"""What is scored, in the order of the columns."""

FORMAT = 1
LONGEST_TEXT = MAX_CHARS // 4
"""Characters of one text that are read; a filter cuts to less."""

_WORD = re.compile(r"\w(?:\S*\w)?")

Scores = npt.NDArray[np.float32]
"""[texts, labels], 0 to 1."""


class Scorer(Protocol):
    """Scores folded texts."""

    @property
    def version(self) -> str:
        """Changes whenever a score may."""
        ...

    def scores(self, texts: Sequence[str]) -> Scores:
        """Calibrated probabilities of `LABELS`, one row a text; may hold NaN, which the filter tells as a failure."""
        ...

    def weigh(self, text: str, label: int) -> Sequence[tuple[int, int, float]]:
        """Words of `text` as (start, end, how much it speaks for the label), in order."""
        ...


class LinearModel:
    """The shipped model: weights in 8 bits, of which `LABELS` share the n-grams."""

    def __init__(self, data: bytes, path: str) -> None:
        """Read the bytes of a model file, which were checked against a hash before; `path` names it in errors.

        Raises: `ConfigurationRefused` for bytes that are no model of this format.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in arrays.files}
            if int(found["format"]) != FORMAT:
                raise ValueError("another format")
            self._idf = _of_shape(found["idf"], (BUCKETS,)).astype(np.float32)
            self._weights = _of_shape(found["weights"], (BUCKETS, len(LABELS))).astype(np.int8)
            self._scale, self._bias, self._slope, self._shift = (
                _of_shape(found[name], (len(LABELS),)).astype(np.float32)
                for name in ("scale", "bias", "slope", "shift")
            )
            self.version = str(found["version"])
        except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile, zlib.error) as error:
            raise ConfigurationRefused(
                path, f"is no model of this version: {type(error).__name__}", "reinstall Lightkeeper"
            ) from None

    def scores(self, texts: Sequence[str]) -> Scores:
        return self.probabilities(self.margins(texts))

    def probabilities(self, margins: npt.NDArray[Any]) -> Scores:
        """What the margins mean at the natural rate."""
        calibrated = np.clip(margins * self._slope + self._shift, -30.0, 30.0)
        scores: Scores = (1.0 / (1.0 + np.exp(-calibrated))).astype(np.float32)
        return scores

    def margins(self, texts: Sequence[str]) -> Scores:
        """What the weights add up to, before it is calibrated; [texts, labels]."""
        sums = np.zeros((len(texts), len(LABELS)), dtype=np.float32)
        for start, part in _portions(texts):
            places, buckets, counts = counted(part)
            values = (1.0 + np.log(counts)) * self._idf[buckets]
            norms = np.sqrt(np.bincount(places, weights=values * values, minlength=len(part)))
            values = (values / np.maximum(norms, 1e-6)[places]).astype(np.float32)
            begins = np.flatnonzero(np.diff(places, prepend=-1))
            if len(begins):
                weighed = np.add.reduceat(values[:, None] * self._weights[buckets], begins, axis=0)
                sums[start + places[begins]] = weighed
        margins: Scores = sums * self._scale + self._bias
        return margins

    def weigh(self, text: str, label: int) -> Sequence[tuple[int, int, float]]:
        text = text[:LONGEST_TEXT]
        words = np.array([match.span() for match in _WORD.finditer(text)], dtype=np.int64).reshape(-1, 2)
        if not len(words):
            return []
        found = grams([text])
        weights = self._idf[found.buckets] * self._weights[found.buckets, label]
        first = _place(words, found.starts)
        last = _place(words, found.ends - 1)
        shares = np.bincount(first, weights=weights, minlength=len(words))
        is_pair = first != last
        shares += np.bincount(last[is_pair], weights=weights[is_pair], minlength=len(words))
        return [(int(start), int(end), float(share)) for (start, end), share in zip(words, shares, strict=True)]


def _place(words: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The word in which each offset lies, or the one before it."""
    return np.maximum(np.searchsorted(words[:, 0], offsets, side="right") - 1, 0)


def _portions(texts: Sequence[str]) -> Sequence[tuple[int, list[str]]]:
    """The texts in portions that `grams` takes at once, each with the place of its first."""
    portions: list[tuple[int, list[str]]] = []
    room = 0
    for place, text in enumerate(texts):
        text = text[:LONGEST_TEXT]
        if len(text) + 1 > room:
            portions.append((place, []))
            room = MAX_CHARS - 2
        portions[-1][1].append(text)
        room -= len(text) + 1
    return portions


def _of_shape(array: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    if array.shape != shape or (array.dtype.kind == "f" and not np.isfinite(array).all()):
        raise ValueError("an array of another shape")
    return array

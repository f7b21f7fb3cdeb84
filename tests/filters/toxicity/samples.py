"""Messages, small models and scorers for tests."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from core.flow.filter import Seen
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from filters.toxicity.grams import BUCKETS, counted
from filters.toxicity.model import FORMAT, LABELS, Scores


def seen(text: str) -> Seen:
    return Seen(
        message=Message(
            platform=PlatformName("local"),
            community=CommunityId("local:harbour"),
            channel=Channel(id=ChannelId("pier"), name="pier"),
            id=MessageId("1"),
            author=Author(id=MemberId("bea"), name="bea"),
            text=text,
            sent_at=datetime(2026, 3, 1, tzinfo=UTC),
        )
    )


class Told:
    """Speaks `Scorer`: texts that hold a word have that word's scores, all others 0."""

    version = "told-1"

    def __init__(self, told: Mapping[str, Mapping[str, float]]) -> None:
        self._told = told
        self.asked: list[str] = []

    def scores(self, texts: Sequence[str]) -> Scores:
        self.asked.extend(texts)
        rows = np.zeros((len(texts), len(LABELS)), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word, scores in self._told.items():
                if word in text:
                    row[:] = [scores.get(label, 0.0) for label in LABELS]
        return rows

    def weigh(self, text: str, label: int) -> Sequence[tuple[int, int, float]]:
        return [
            (at, at + len(word), 1.0)
            for word, scores in self._told.items()
            if (at := text.find(word)) >= 0 and LABELS[label] in scores
        ]


def model_bytes(words: Mapping[str, float], **changed: object) -> bytes:
    """A model file in which n-grams of `words` weigh so much for every label."""
    weights = np.zeros((BUCKETS, len(LABELS)), dtype=np.int8)
    for word, weight in words.items():
        _, buckets, _ = counted([word])
        weights[buckets] = np.int8(weight)
    ones, zeros = np.ones(len(LABELS), np.float32), np.zeros(len(LABELS), np.float32)
    arrays: dict[str, object] = {
        "format": np.int64(FORMAT),
        "version": np.str_("test-1"),
        "idf": np.ones(BUCKETS, np.float16),
        "weights": weights,
        "scale": ones / 10,
        "bias": zeros - 2,
        "slope": ones,
        "shift": zeros,
    }
    stream = io.BytesIO()
    np.savez_compressed(stream, **{**arrays, **changed})  # type: ignore[arg-type]  # any array, by name
    return stream.getvalue()

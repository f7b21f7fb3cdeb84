"""Texts become scores: cut into what the model reads at once, sorted by length, a bounded number of tokens at a time.

A model of BERT's size reads about fifteen short messages a second and core, so a busy chat can bring more than a
machine can read. Then some messages go without scores and say so; the rest of the screening does not wait for them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from adapters.detoxify.checkpoint import SCORED
from adapters.detoxify.model import Model

MAX_WINDOW = 512
"""Tokens that are read at once, also by a model that could read more: it is what Detoxify was trained on."""

HEAD_WINDOWS = 3
"""How many windows are read of the beginning of a long text; the last one is read too."""

MAX_CHARS = 20_000
"""Code points that are cut into tokens at all, of the beginning and of the end together."""

TOKENS = {"cpu": 512, "cuda": 16_384}
"""Tokens, padding included, that the model gets in one call: a call can't be interrupted."""


@dataclass(slots=True)
class Reading:
    """What the model said of one text.

    Attributes:
        scores: By label, 0 to 1; the highest of the text's windows.
        is_whole: Whether every window was read, or was left out for its length alone.
        is_cut: Whether the middle was left out.
    """

    scores: dict[str, float] = field(default_factory=dict)
    is_whole: bool = True
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    text: int
    tokens: list[int]


class Scorer:
    """Scores texts with one model."""

    def __init__(
        self, model: Model, *, budget_s: float | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Make a scorer.

        Args:
            model: Computes.
            budget_s: After how many seconds no further call to the model begins; None reads everything.
            monotonic: Seconds that only rise.
        """
        self._model = model
        self._budget_s = budget_s
        self._monotonic = monotonic
        self._window = min(model.window, MAX_WINDOW)

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """One reading a text, in order; short texts are read first when there is no time for all."""
        readings = [Reading() for _ in texts]
        started = self._monotonic()
        for number, batch in enumerate(self._batches(self._windows(texts, readings))):
            if number and self._budget_s is not None and self._monotonic() - started >= self._budget_s:
                for window in batch:
                    readings[window.text].is_whole = False
                continue
            for window, row in zip(batch, self._rows(batch), strict=True):
                scores = readings[window.text].scores
                for label, score in zip(self._model.labels, row, strict=False):
                    if label in SCORED:
                        scores[label] = max(score, scores.get(label, score))
        return readings

    def _windows(self, texts: Sequence[str], readings: Sequence[Reading]) -> list[_Window]:
        cut = [
            text if len(text) <= MAX_CHARS else text[: MAX_CHARS // 2] + " " + text[-MAX_CHARS // 2 :] for text in texts
        ]
        encoded = self._model.tokenizer(
            [_well_formed(text) for text in cut],
            truncation=True,
            max_length=self._window,
            return_overflowing_tokens=True,
            return_token_type_ids=False,
            return_attention_mask=False,
        )
        of_text: list[list[list[int]]] = [[] for _ in texts]
        for tokens, place in zip(encoded["input_ids"], encoded["overflow_to_sample_mapping"], strict=True):
            of_text[place].append(tokens)
        chosen = []
        for place, windows in enumerate(of_text):
            readings[place].is_cut = len(windows) > HEAD_WINDOWS + 1 or len(texts[place]) > MAX_CHARS
            kept = windows if len(windows) <= HEAD_WINDOWS + 1 else [*windows[:HEAD_WINDOWS], windows[-1]]
            chosen += [_Window(text=place, tokens=tokens) for tokens in kept]
        return chosen

    def _batches(self, windows: list[_Window]) -> Iterator[list[_Window]]:
        """Windows of like length together, the shortest first."""
        most = TOKENS[self._model.device]
        batch: list[_Window] = []
        for window in sorted(windows, key=lambda each: len(each.tokens)):
            if batch and (len(batch) + 1) * len(window.tokens) > most:
                yield batch
                batch = []
            batch.append(window)
        if batch:
            yield batch

    def _rows(self, batch: Sequence[_Window]) -> list[list[float]]:
        """The outputs for each window, as probabilities."""
        model = self._model
        longest = max(len(window.tokens) for window in batch)
        tokens = torch.full((len(batch), longest), model.tokenizer.pad_token_id, dtype=torch.long)
        mask = torch.zeros_like(tokens)
        for row, window in enumerate(batch):
            tokens[row, : len(window.tokens)] = torch.tensor(window.tokens)
            mask[row, : len(window.tokens)] = 1
        with torch.inference_mode():
            outputs = model.network(input_ids=tokens.to(model.device), attention_mask=mask.to(model.device))[0]
            rows: list[list[float]] = torch.sigmoid(outputs.float()).cpu().tolist()
        return rows


def _well_formed(text: str) -> str:
    """The text without halves of surrogate pairs, which the tokenizer refuses."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

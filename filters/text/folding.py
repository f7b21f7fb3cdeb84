"""Folding: one message as several readings, each with a map back to the original code points."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text.

    Attributes:
        name: How it was folded: "plain", "leet", "joined" ...
        text: The folded text; only lower-case letters, digits, apostrophes and single blanks matter to lexicons.
        starts: For each folded character the offset of its first original code point.
        ends: For each folded character the offset after its last original code point.
    """

    name: str
    text: str
    starts: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's half-open span behind `text[start:end]` (not empty)."""
        return self.starts[start], self.ends[end - 1]


def readings(text: str) -> tuple[Reading, ...]:
    """Every reading of `text`, the plain one first; each is at most `MAX_CHARS` long."""
    folded = text.lower() if len(text.lower()) == len(text) else text
    return (Reading("plain", folded, range(len(text)), range(1, len(text) + 1)),)

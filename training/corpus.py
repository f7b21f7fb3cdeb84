"""The texts that the toxicity model learns from, from every source that may ship, with what each says of six labels.

A label that a source says nothing about is NaN: it is left out of that label's training, never taken as "no". Texts are
unique across sources by their normalised form; a held-out part is chosen by a hash of that form, so that it stays the
same whatever else is added.
"""

import csv
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ahocorasick_rs import AhoCorasick

from filters.text.folding import readings
from filters.toxicity.model import LABELS
from filters.toxicity.reading import without_links

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
HERE = Path(__file__).resolve().parent
MAX_CHARS = 3_000
"""Of a longer text only the beginning is learnt from."""
HELD_OUT = 10
"""One text in so many is held out, of every source but the one that is cross-validated."""
CROSS_VALIDATED = "jigsaw_sixlabel"
FOLDS = 5

Labels = tuple[float, ...]
UNKNOWN = float("nan")
CLEAN: Labels = (0.0,) * len(LABELS)

csv.field_size_limit(10**8)


_WORD = re.compile(r"[\w'@$*]+")
_SPACED = re.compile(r" ([.,!?;:')])")
_MARKUP = re.compile(r"\bRT\b|&#?\w+;|\[(?:USER|URL|NAME)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One text: folded, with its labels (NaN: not said), its source, its fold of cross-validation and its importance.

    A held-out text is never learnt from.
    """

    text: str
    labels: Labels
    source: str
    fold: int
    is_held_out: bool


def _given(**said: float) -> Labels:
    return tuple(said.get(label, UNKNOWN) for label in LABELS)


Rows = Iterator[tuple[str, Labels]]


def _jigsaw_sixlabel(row: Mapping[str, str]) -> Rows:
    names = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
    yield row["comment_text"], tuple(float(row[name]) for name in names)


def _jigsaw_anytoxic(row: Mapping[str, str]) -> Rows:
    yield row["comment_text"], _given(toxicity=1.0) if row["any_toxic"] == "1" else CLEAN


def _civil(row: Mapping[str, str]) -> Rows:
    """Everything here was called toxic by somebody; without the words marked as such it is taken as not."""
    text, marked = row["text"], set(json.loads(row["spans"]))
    if not marked:
        return
    yield text, _given(toxicity=1.0)
    rest = "".join(" " if place in marked else letter for place, letter in enumerate(text))
    if len(rest.split()) >= 4:
        yield rest, _given(toxicity=0.0)


def _davidson(row: Mapping[str, str]) -> Rows:
    """What is merely "offensive" was found by keywords and is biased against African-American English: left out."""
    match row["class"]:
        case "0":
            yield row["text"], _given(toxicity=1.0, identity_attack=1.0)
        case "2":
            yield row["text"], CLEAN


def _edos(row: Mapping[str, str]) -> Rows:
    """Sexism; what is none may be anything else."""
    match row["label_category"][0]:
        case "1":
            yield row["text"], _given(toxicity=1.0, threat=1.0, identity_attack=1.0)
        case "2":
            yield row["text"], _given(toxicity=1.0, identity_attack=1.0)
        case "3":
            yield row["text"], _given(toxicity=1.0)
        case "n":
            yield row["text"], _given(identity_attack=0.0, threat=0.0)


def _offensive(row: Mapping[str, str]) -> Rows:
    yield row["text"], _given(toxicity=1.0) if row["label"] == "1" else CLEAN


def _hate(row: Mapping[str, str]) -> Rows:
    yield row["text"], _given(toxicity=1.0, identity_attack=1.0) if row["label"] == "1" else _given(identity_attack=0.0)


def _madlibs(row: Mapping[str, str]) -> Rows:
    yield row["Text"], CLEAN if row["Label"] == "NOT_BAD" else _given(toxicity=1.0)


def _benign_wiki(row: Mapping[str, str]) -> Rows:
    yield row["comment"], CLEAN


def _paradetox(row: Mapping[str, str]) -> Rows:
    """The rewrites are spaced otherwise than the originals, which says nothing about toxicity."""
    yield _SPACED.sub(r"\1", row["text"]), _given(toxicity=1.0) if row["toxic"] == "1" else CLEAN


def _english(row: Mapping[str, str]) -> Rows:
    """Emoji hate in contrast pairs, and abuse of a chatbot."""
    if row["lang"] != "en":
        return
    if row["source"] == "convabuse":
        yield row["text"], _given(toxicity=1.0) if row["toxic"] == "1" else CLEAN
    elif row["toxic"] == "1":
        yield row["text"], _given(toxicity=1.0, identity_attack=1.0)
    else:
        yield row["text"], _given(identity_attack=0.0, threat=0.0)


_CROSS = frozenset({"2", "3", "10", "11"})
"""Anger, annoyance, disapproval and disgust."""
_GLAD = frozenset({"0", "13", "15", "17", "18", "20", "23", "26"})
"""Admiration, excitement, gratitude, joy, love, optimism, relief and surprise."""


class _Profanity:
    """Words of the profanity list by severity: what nobody labelled is taken as clean only without any of them."""

    def __init__(self, data: Path) -> None:
        with (data / "lexicon" / "surge_profanity_en.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        self._any = AhoCorasick([_by_word(row["text"]) for row in rows])
        self._worst = AhoCorasick([_by_word(row["text"]) for row in rows if row["severity_description"] == "Severe"])

    def goemotions(self, row: Mapping[str, str]) -> Rows:
        """Short comments in any mood but a cross one; a glad one that swears is rude to nobody."""
        emotions = set(row["emotions"].split(","))
        if emotions & _CROSS:
            return
        if not self._any.find_matches_as_indexes(_by_word(row["text"])):
            yield row["text"], CLEAN
        elif emotions <= _GLAD and not self._worst.find_matches_as_indexes(_by_word(row["text"])):
            yield row["text"], _given(toxicity=0.0, severe_toxicity=0.0, threat=0.0, insult=0.0, identity_attack=0.0)

    def dreaddit(self, row: Mapping[str, str]) -> Rows:
        """Distress, told to those who support: nothing that a member should be reported for."""
        if not self._any.find_matches_as_indexes(_by_word(row["text"])):
            yield row["text"], CLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file below the data folder and how its rows are read.

    Attributes:
        importance: What one of its texts counts, beside one of the six-label source.
        is_apart: It has a bias of its own at training: it calls other things toxic, and at another rate.
    """

    name: str
    file: str
    read: Callable[[Mapping[str, str]], Rows]
    importance: float = 1.0
    is_apart: bool = False


def sources(data: Path) -> tuple[Source, ...]:
    """Every source, the cross-validated one first: of two that hold the same text the earlier one has it."""
    profanity = _Profanity(data)
    return (
        Source(name=CROSS_VALIDATED, file="toxicity/jigsaw_sixlabel_train.csv.gz", read=_jigsaw_sixlabel),
        Source(name="jigsaw_anytoxic", file="toxicity/jigsaw_anytoxic_train.csv.gz", read=_jigsaw_anytoxic),
        Source(
            name="civil", file="toxicity/civil_toxic_spans_train.csv.gz", read=_civil, importance=0.15, is_apart=True
        ),
        Source(name="davidson", file="toxicity/davidson_tweets.csv.gz", read=_davidson, importance=0.15, is_apart=True),
        Source(name="edos", file="toxicity/edos_train_dev.csv.gz", read=_edos, importance=0.1, is_apart=True),
        Source(
            name="tweeteval_offensive",
            file="toxicity/tweeteval_offensive_train.csv.gz",
            read=_offensive,
            importance=0.1,
            is_apart=True,
        ),
        Source(
            name="tweeteval_hate",
            file="toxicity/tweeteval_hate_train.csv.gz",
            read=_hate,
            importance=0.06,
            is_apart=True,
        ),
        Source(name="madlibs", file="toxicity/identity_madlibs_12k.csv.gz", read=_madlibs, importance=0.1),
        Source(name="benign_wiki", file="toxicity/identity_benign_wiki.csv.gz", read=_benign_wiki, importance=0.5),
        Source(
            name="paradetox",
            file="toxicity/paradetox_pairs_en.csv.gz",
            read=_paradetox,
            importance=0.1,
            is_apart=True,
        ),
        Source(
            name="multilingual_en",
            file="toxicity/multilingual_train.csv.gz",
            read=_english,
            importance=0.15,
            is_apart=True,
        ),
        Source(name="goemotions", file="chat/goemotions_reddit.csv.gz", read=profanity.goemotions, importance=0.2),
        Source(name="dreaddit", file="crisis/dreaddit_stress_train.csv.gz", read=profanity.dreaddit, importance=0.3),
        Source(name="chat_lines", file="", read=_chat_line, importance=0.5),
    )


def _chat_line(row: Mapping[str, str]) -> Rows:
    yield row["text"], CHAT[row["kind"]]


CHAT: Mapping[str, Labels] = {
    "clean": CLEAN,
    "swearing": tuple(float(label == "obscene") for label in LABELS),
    "insult": _given(toxicity=1.0, insult=1.0, identity_attack=0.0, threat=0.0),
    "threat": _given(toxicity=1.0, threat=1.0),
    "hate": _given(toxicity=1.0, identity_attack=1.0),
}
"""What the kinds of our own chat lines say; swearing at things harms nobody."""


def corpus(data: Path = DATA) -> list[Sample]:
    """Every sample, unique, in a fixed order."""
    seen: set[str] = set()
    samples = []
    for source in sources(data):
        for row in _rows(source, data):
            for text, labels in source.read(row):
                plain = readings(" ".join(_MARKUP.sub(" ", text).split())[:MAX_CHARS])[0].text
                folded = " ".join(without_links(plain).split())
                key = "".join(filter(str.isalnum, folded)) or folded
                if not key or key in seen:
                    continue
                seen.add(key)
                held_out = _hash(key) % HELD_OUT == 0 and source.name not in {CROSS_VALIDATED, "chat_lines"}
                fold = _hash(key[:40]) % FOLDS  # texts that begin alike were often copied: they stay together
                samples.append(Sample(text=folded, labels=labels, source=source.name, fold=fold, is_held_out=held_out))
    return samples


def table(samples: list[Sample]) -> npt.NDArray[np.float64]:
    """The labels as [samples, labels]; NaN where nothing is said."""
    return np.array([sample.labels for sample in samples], dtype=np.float64)


def rows_of(path: Path) -> Iterator[Mapping[str, str]]:
    """The rows of a gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def chat_lines() -> Iterator[Mapping[str, str]]:
    """Our own lines; {a|b} stands for as many lines as there are ways to choose."""
    for line in (HERE / "chat_lines.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, _, pattern = line.partition(": ")
            parts = [part.split("|") for part in re.split(r"[{}]", pattern)]
            for chosen in product(*parts):
                yield {"kind": kind, "text": "".join(chosen)}


def _rows(source: Source, data: Path) -> Iterator[Mapping[str, str]]:
    return rows_of(data / source.file) if source.file else chat_lines()


def _by_word(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")

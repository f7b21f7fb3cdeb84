"""A message as words: what the grammar of abuse works on.

Words are folded, without apostrophes, and carry their place in the original text. Words that only add force are left
out, so that one frame covers "you are an idiot" and "you are really such an idiot". Quotation marks, sentences and
the names of people in the conversation are known here and nowhere else.
"""

import re
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.model.message import MemberId
from filters.harassment.spelling import Spelling
from filters.text.folding import Reading

MEMBER = "§"
"""Stands for the name of a member of the conversation."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set: how short word lists stand in code."""
    return frozenset(text.split())


FORCE = word_set(
    "fucking fuckin fking fkn fckn effing freaking freakin frickin friggin bloody goddamn goddamned damn damned "
    "really just literally so very such absolute absolutely complete completely total totally actually seriously "
    "honestly utter utterly always still also even too simply quite rather truly clearly obviously fuckn "
    "motherfucking"
)
"""Words that only add force; they mustn't stand in lexicon entries."""

SPELLED = {
    "u": "you", "yu": "you", "ya": "you", "yall": "you", "yous": "you", "ye": "you", "thou": "you", "r": "are",
    "ur": "your", "yer": "your", "yr": "your", "urself": "yourself", "yourselves": "yourself", "urselves": "yourself",
    "yaself": "yourself", "yoself": "yourself", "youself": "yourself", "pls": "please", "plz": "please",
    "noone": "nobody", "ppl": "people", "dnt": "dont", "dosent": "doesnt", "iam": "im", "gona": "gonna",
    "ure": "youre", "youare": "youre",
}  # fmt: skip
"""Chat spellings and what they are read as, in messages and in entries alike."""

_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")
_MASKED_WORD = re.compile(r"(?:[^\W_]|\*)+(?:['’`´][^\W_]+)*")
_ENTRY_WORD = re.compile(r"§|[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'’`´")
_BARE_WORD = re.compile(r"[^\W_]+")
_ASCII = "".join(letter if letter.isalnum() else " " for letter in map(chr, range(128)))
_LINK = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)(?:~/|\.{1,2}/|/\S+/)\S*", re.IGNORECASE)
"""Links and paths of files: nobody is called what stands in them."""
_SENTENCE_END = re.compile(r"[.!?;\n…|]")
_PAUSE = re.compile(r"[,:()\[\]—–*]|\s-\s|--")
_MARKS = '"“”«»„`'
_CITED_LINE = re.compile(r"^[ \t]*>+\s.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its folded text, its original span and where it stands.

    Attributes:
        start: Offset of its first code point in the original text.
        end: Offset after its last one.
        sentence: Number of its sentence.
        segment: Number of its segment; segments end at commas, colons and brackets too.
        quoted: Whether it stands between quotation marks.
        member: The member it names, when its text is `MEMBER`.
    """

    text: str
    start: int
    end: int
    sentence: int
    segment: int
    quoted: bool = False
    member: MemberId | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one reading, and the same joined with single blanks, one at either end."""

    words: tuple[Word, ...]
    joined: str

    def text(self, index: int) -> str:
        """The word's text, or nothing outside the line."""
        return self.words[index].text if 0 <= index < len(self.words) else ""

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The original span of the words `first` up to, not including, `last`."""
        return self.words[first].start, max(word.end for word in self.words[first:last])


def glance(text: str) -> str:
    """What `Line.joined` would be if nobody were named: the cheap look that most messages get."""
    return f" {' '.join(said_words(bare_words(text)))} "


def bare_words(text: str) -> list[str]:
    """The words of a folded text without apostrophes."""
    if text.isascii():
        return (
            (text.replace("'", "").replace("`", "") if "'" in text or "`" in text else text).translate(_ASCII).split()
        )
    return _BARE_WORD.findall(text.translate(_APOSTROPHES))


def masked_words(text: str) -> list[str]:
    """The same, with `*` as a letter."""
    return [match.group().translate(_APOSTROPHES) for match in _MASKED_WORD.finditer(text)]


def said_words(words: list[str]) -> list[str]:
    """Bare words as a lexicon's phrases are compared with them: chat spellings read, words of mere force left out."""
    said = [SPELLED.get(word, word) for word in words if word not in FORCE]
    if "the" not in said:
        return said
    joined = f" {' '.join(said)} "
    return joined.replace(" the fuck ", " ").replace(" the hell ", " ").replace(" the heck ", " ").split()


def phrase(text: str) -> str:
    """A lexicon entry as it stands in `Line.joined`, without the blanks around it."""
    return " ".join(SPELLED.get(word, word) for word in _ENTRY_WORD.findall(text.lower().translate(_APOSTROPHES)))


def line_of(
    reading: Reading, original: str, spelling: Spelling, names: Mapping[tuple[int, int], MemberId], start: int = 0
) -> Line:
    """The words of a reading.

    Args:
        reading: The reading.
        original: The text that was read; its punctuation is looked at.
        spelling: Reads stretched and masked words back.
        names: Original spans that name a member of the conversation.
        start: Original offset before which nothing is looked at (a name that the message is addressed to).
    """
    links = _Passing(_LINK.finditer(original) if "/" in original or "www" in original else ())
    cited = _Passing(_CITED_LINE.finditer(original) if ">" in original else ())
    words: list[Word] = []
    quote: int | None = None
    last_end = start
    sentence = segment = 0
    named = deque(sorted(names.items()))
    for match in (_MASKED_WORD if reading.name == "masked" else _WORD).finditer(reading.text):
        begin, end = reading.span(match.start(), match.end())
        if begin < start or begin < last_end or links.holds(begin) or cited.holds(begin):
            continue
        gap = original[last_end:begin]
        if gap != " ":
            quote, closed = _quotation(gap, quote, len(words))
            if closed is not None:
                words[closed:] = [_as_quoted(word) for word in words[closed:]]
            if words and _SENTENCE_END.search(gap):
                sentence += 1
                segment += 1
            elif words and _PAUSE.search(gap):
                segment += 1
        while named and named[0][0][1] <= begin:
            named.popleft()
        member = named[0] if named and named[0][0][0] <= begin else None
        if member is not None:
            (begin, end), who = (min(begin, member[0][0]), max(end, member[0][1])), member[1]
            words.append(Word(MEMBER, begin, end, sentence, segment, False, who))
        else:
            text = match.group().translate(_APOSTROPHES)
            if reading.name == "squeezed" and end - begin > len(match.group()):
                text = spelling.unsqueezed(text)
            elif "*" in text:
                text = spelling.unmasked(text)
            text = SPELLED.get(text, text)
            last_end = end
            if text in FORCE:
                continue
            if text in ("fuck", "hell", "heck") and words and words[-1].text == "the":
                words.pop()  # "shut the … up"
                quote = min(quote, len(words)) if quote is not None else None
                continue
            words.append(Word(text, begin, end, sentence, segment))
        last_end = end
    closed = _quotation(original[last_end : last_end + 3], quote, len(words))[1]
    if closed is not None and (closed > 0 or len(words) == 0):
        words[closed:] = [_as_quoted(word) for word in words[closed:]]
    return Line(tuple(words), f" {' '.join([word.text for word in words])} ")


class _Passing:
    """Matches that don't overlap, asked for places that only go on: each is looked at once."""

    __slots__ = ("_end", "_rest", "_start")

    def __init__(self, matches: Iterable["re.Match[str]"]) -> None:
        self._rest = iter(matches)
        self._start, self._end = -1, 0

    def holds(self, at: int) -> bool:
        while self._end <= at:
            match = next(self._rest, None)
            if match is None:
                self._rest = iter(())
                self._start = self._end = sys.maxsize
            else:
                self._start, self._end = match.span()
        return self._start <= at


def _as_quoted(word: Word) -> Word:
    return Word(word.text, word.start, word.end, word.sentence, word.segment, True, word.member)


def _quotation(gap: str, opened: int | None, index: int) -> tuple[int | None, int | None]:
    """What the marks of a gap do: the word at which a quotation is open now, and the one at which a closed one began.

    A quotation that never closes is none, or a single mark would hide whatever follows it.
    """
    closed = None
    for position, mark in enumerate(gap):
        is_single = mark in "'’‘" and (position == 0 or gap[position - 1].isspace() or position + 1 == len(gap))
        if mark not in _MARKS and not is_single:
            continue
        if opened is None:
            if is_single and position + 1 != len(gap):
                continue
            opened = index
        elif opened < index:
            closed, opened = opened, None
    return opened, closed

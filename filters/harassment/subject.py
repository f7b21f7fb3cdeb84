"""Who an insulting word is said of: the subject, looked for to the left over words that link it and nothing else."""

from dataclasses import dataclass
from enum import StrEnum

from filters.harassment.claims import DETERMINERS, NEGATIONS, OTHERS, SELF, THINGS, YOU, YOU_ARE, YOUR
from filters.harassment.lexicon import Hit, Shape
from filters.harassment.words import MEMBER, Line, word_set

FAR = 10
"""No subject is looked for further than so many words before."""

_COPULAS = word_set("are is was were be been being am isnt arent wasnt werent aint")
_LINKS = _COPULAS | word_set(
    "guys dumbest stupidest ugliest fattest worst like sound sounds look looks act acts acting seem seems must "
    "gotta have gonna going of kind sort bit pretty extremely incredibly fat big little old dirty lazy nasty "
    "miserable sad bad poor typical whiny lying goddamned huge massive biggest right real proper bunch all both "
    "such how most more world worlds total certified born pure tiny smelly greedy sick cheap selfish evil two "
    "three sorry disgusting ugly single only ever known met"
)
_SEEMING = word_set("like sound sounds look looks act acts acting seem seems")
_GROUPS = word_set(
    "gay lesbian trans transgender jew jewish muslim islamic christian hindu black white brown asian chinese "
    "indian mexican arab african polish pakistani immigrant foreign disabled autistic latino"
)
_OBJECTS = frozenset({"me", "us", "it", "them", "him", "her"})


class Who(StrEnum):
    """What kind of subject it is."""

    YOU = "you"
    YOUR = "your"
    MEMBER = "member"
    SELF = "self"
    OTHERS = "others"
    THING = "thing"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject and what came between it and the word.

    Attributes:
        at: Its place in the line, -1 for nobody.
        linked: Whether a verb like "are" or "look" links them; with "your", what is possessed is meant.
        negated: Whether a negation came between.
        determined: Whether an article came between.
        grouped: Whether a group of people was named in between, as in "you … bastard".
    """

    who: Who
    at: int = -1
    linked: bool = False
    negated: bool = False
    determined: bool = False
    grouped: bool = False


def subject_of(line: Line, hit: Hit, modifiers: frozenset[str]) -> Subject:
    """The subject of the phrase; `modifiers` may stand before an insult."""
    linked = negated = determined = grouped = False
    sentence = line.words[hit.first].sentence
    for index in range(hit.first - 1, max(-1, hit.first - FAR), -1):
        word = line.words[index]
        text = word.text
        if word.sentence != sentence:
            break
        is_bare = index == hit.first - 1 and hit.entry.shape is Shape.NOUN
        if text in YOU:
            linked = linked or line.text(index - 1) in {"are", "were"}
        elif text in YOU_ARE or (text in YOUR and line.text(index + 1) in DETERMINERS):
            return Subject(Who.YOU, index, True, negated, determined, grouped)
        if who := _who(text, is_bare):
            return Subject(who, index, linked, negated, determined, grouped)
        if text in YOUR:
            who = Who.YOU if _is_misspelt(line, hit, index) else Who.YOUR
            return Subject(who, index, who is Who.YOU, negated, determined, grouped)
        if text in NEGATIONS:
            negated = True
            linked = linked or text in _COPULAS
        elif text in DETERMINERS:
            determined = True
        elif text in _GROUPS:
            grouped = True
        elif _is_link(line, index, modifiers):
            linked = linked or text in _COPULAS or text in _SEEMING
        elif linked and line.text(index - 1) in YOUR:
            return Subject(Who.YOUR, index - 1, linked, negated, determined, grouped)
        else:
            break
    return Subject(Who.NOBODY, -1, linked, negated, determined, grouped)


def _who(text: str, is_bare: bool) -> Who | None:
    if is_bare and text in _OBJECTS:
        return None  # the object of a verb: "leave me alone", and then a shout
    if text == MEMBER:
        return Who.MEMBER
    if text in YOU:
        return Who.YOU
    if text in SELF:
        return Who.SELF
    if text in THINGS:
        return Who.THING
    return Who.OTHERS if text in OTHERS else None


def _is_misspelt(line: Line, hit: Hit, index: int) -> bool:
    """Whether "your" stands for "you're": nothing follows that could be possessed."""
    ends = hit.last >= len(line.words) or line.words[hit.last].segment != line.words[index].segment
    begins = index == 0 or line.words[index - 1].segment != line.words[index].segment
    return ends and (begins or hit.entry.shape is Shape.ADJECTIVE)


def _is_link(line: Line, index: int, modifiers: frozenset[str]) -> bool:
    text = line.text(index)
    if text == "to":
        return line.text(index + 1) == "be"
    if text == "and":
        return index > 0 and (line.text(index - 1) in _LINKS or line.text(index - 1) in modifiers)
    return text in _LINKS or text in modifiers

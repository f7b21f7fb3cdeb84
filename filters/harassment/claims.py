"""What the judgement of one hostile phrase comes to: a claim about a person, or a reason why it is none."""

from dataclasses import dataclass
from enum import StrEnum

from core.model.finding import Kind
from core.model.message import MemberId
from filters.harassment.lexicon import Entry, Hit
from filters.harassment.words import Line, word_set

LINE_WORDS_BACK = 6
"""How far before a phrase a word may stand that reports, negates or quotes it."""

YOU = frozenset({"you", "thee", "youd", "youve"})
YOU_ARE = frozenset({"youre", "youll", "you're"})
YOUR = frozenset({"your", "yours"})
SELF = word_set("i im ive id ill me my mine myself we were weve us our ours") - {"were"}
OTHERS = word_set("he hes she shes they theyre theyve him her hers his them their theirs who whos")
THINGS = word_set("it its this that thats these those which theres there whats")
DETERMINERS = word_set("a an the one another some any no what other every each")
NEGATIONS = word_set(
    "not no never dont doesnt didnt isnt arent wasnt werent aint wont wouldnt cant couldnt shouldnt nobody "
    "neither nor without hardly cannot"
)
_REPORTS = word_set(
    "said says saying say told tells telling tell called calls calling call yelled yelling shouted shouting wrote "
    "typed texted texting messaged commented replied screamed screaming meaning word words term phrase define "
    "definition heard quote quoted quoting lyric lyrics translate spell rhymes pronounce acronym slur slurs"
)
_FEELS = word_set("feel feels feeling think thinking thought believe believing believes worry worried afraid")


class Aim(StrEnum):
    """How a phrase finds its target."""

    YOU = "second person"
    NAMED = "a member is named"
    THIRD = "third person"
    ALONE = "stands alone, like a shout at whoever is addressed"
    GROUP = "a group of people"


@dataclass(frozen=True, slots=True)
class Claim:
    """A hostile phrase that is meant.

    Attributes:
        span: Original offsets.
        sure: 0 to 1, how sure the grammar is that it is aimed.
        member: The member named, when `aim` is NAMED.
    """

    entry: Entry
    kind: Kind
    level: int
    aim: Aim
    span: tuple[int, int]
    sure: float
    member: MemberId | None = None


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A hostile phrase that isn't meant; `why` says it without the words."""

    entry: Entry
    why: str


OF_OTHERS = "is said of somebody who is not named here"


def reported(line: Line, hit: Hit) -> str | None:
    """Why the phrase only reports, cites or forbids abuse; None when it doesn't."""
    first = line.words[hit.first]
    if all(word.quoted for word in line.words[hit.first : hit.last]) and not all(word.quoted for word in line.words):
        return "stands in quotation marks"
    for index in range(hit.first - 1, max(-1, hit.first - 1 - LINE_WORDS_BACK), -1):
        word = line.words[index]
        if word.sentence != first.sentence:
            break
        if word.text in _REPORTS:
            speaker = line.text(index - 1)
            if speaker in {"i", "ill", "just"} and line.text(index - 2) not in {"when", "if"}:
                return None  # the author's own words, said again
            return "reports or discusses what somebody said"
    following = line.text(hit.last)
    if following in {"means", "mean", "stands", "counts"} or (
        following == "is"
        and line.text(hit.last + 1) in {"a", "an"}
        and line.text(hit.last + 2) in {"slur", "word", "term", "insult", "threat"}
    ):
        return "discusses a word"
    return None


def negated(line: Line, hit: Hit, back: int = 4) -> bool:
    """Whether a negation governs the phrase; "why don't you" is none."""
    first = line.words[hit.first]
    for index in range(hit.first - 1, max(-1, hit.first - 1 - back), -1):
        word = line.words[index]
        if word.sentence != first.sentence:
            return False
        if word.text in NEGATIONS and line.text(index - 1) not in {"why", "if"}:
            return True
    return False


def felt(line: Line, hit: Hit) -> bool:
    """Whether the phrase is somebody's fear or belief that the author only names ("it feels like …")."""
    first = line.words[hit.first]
    for index in range(hit.first - 1, max(-1, hit.first - 1 - LINE_WORDS_BACK), -1):
        word = line.words[index]
        if word.sentence != first.sentence:
            return False
        if word.text in _FEELS and line.text(index - 1) not in {"i", "we", "everyone", "dont"}:
            return True
    return False

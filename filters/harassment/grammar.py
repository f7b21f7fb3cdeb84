"""Who is called something: the grammar of insulting nouns and adjectives.

"You idiot", "you are a complete idiot", "are you stupid", "your stupid face", "idiot" as a reply and "Ann is an idiot"
are aimed at somebody; "I'm such an idiot", "stupid printer", "that's a dumb idea" and "idiots everywhere" are not.
The subject is looked for to the left, over words that link it with the phrase and nothing else.
"""

from core.model.finding import Kind
from filters.harassment.claims import (
    DETERMINERS,
    NEGATIONS,
    OTHERS,
    SELF,
    THINGS,
    YOU,
    YOU_ARE,
    YOUR,
    Aim,
    Claim,
    Dismissed,
    reported,
)
from filters.harassment.lexicon import Hit, Shape
from filters.harassment.words import MEMBER, Line, word_set

_COPULAS = word_set("are is was were be been being am isnt arent wasnt werent aint")
_LINKS = _COPULAS | word_set(
    "like as sound sounds look looks act acts acting seem seems must gotta have to gonna going of kind sort bit "
    "pretty extremely incredibly fat big little old dirty lazy nasty miserable sad bad poor typical whiny lying "
    "goddamned huge massive biggest right real proper bunch all both such how most more world worlds total "
    "certified born pure tiny smelly greedy sick cheap selfish evil two three sorry disgusting ugly single only "
    "ever known met"
)
_LEADS = word_set(
    "hey hi hello yo oi ok okay k kk listen bye thanks thx ty nice wow whatever sure cope cry yeah yea yes yep no "
    "nope lol lmao haha hahaha lmfao rofl oh ah omg wtf damn what such a an the some you fine cool great right "
    "well shush hush quiet silence shut up go away fuck off screw try another one poor silly please stop it now "
    "man dude bro again good morning night fucking stupid dumb total"
)
_PERSONS = word_set(
    "man boy girl woman kid child children people person persons guy guys lot lad dude thing creature human being "
    "folks fellow old little"
)
_BODY = word_set(
    "face ass arse mouth head mom mum mother dad father self brain voice family kind body hair nose eyes life mug "
    "existence personality parents wife sister brother"
)
_OUTPUT = word_set(
    "idea ideas question questions opinion opinions post posts comment comments joke jokes argument arguments "
    "code attitude answer answers advice remark remarks message messages takes take theory logic music art "
    "drawing behavior behaviour excuse excuses"
)
_AFTER_ADJECTIVE = word_set(
    "and or but for because if when as about in that to than at you lol lmao haha then now man dude bro mate "
    "honestly u with on just enough everyone nobody i like ever today sometimes again"
)
_OF_A_THING = "is said of a thing or an idea"
_OF_OTHERS = "is said of somebody who is not named here"
_AT_NOBODY = "is not aimed at anybody here"
_ELSEWHERE = frozenset({_OF_A_THING, _OF_OTHERS, _AT_NOBODY})
_SHOUT_WORDS = 4
_CONDITIONS = frozenset({"if", "unless", "whether"})


def judge_name(line: Line, hit: Hit, modifiers: frozenset[str]) -> Claim | Dismissed:
    """Whether an insulting noun or adjective is said of a person of the conversation.

    A severe slur is a claim about its group even when it is said of nobody here.
    """
    verdict = _judged(line, hit, modifiers)
    if isinstance(verdict, Dismissed) and verdict.why in _ELSEWHERE and "severe" in hit.entry.flags:
        return _claim(line, hit, Aim.GROUP, 0.7, level=2)
    return verdict


def _judged(line: Line, hit: Hit, modifiers: frozenset[str]) -> Claim | Dismissed:
    if why := reported(line, hit):
        return Dismissed(hit.entry, why)
    subject, at, linked, negation, determined = _subject(line, hit, modifiers)
    is_noun = hit.entry.shape is Shape.NOUN
    after = line.text(hit.last)
    ends = hit.last >= len(line.words) or line.words[hit.last].segment != line.words[hit.last - 1].segment
    if subject == "self":
        return Dismissed(hit.entry, "is said of the author")
    if subject == "thing":
        return Dismissed(hit.entry, _OF_A_THING)
    if negation and subject in {"you", "your", "named"} and linked:
        return Dismissed(hit.entry, "is denied")
    if subject == "you":
        if at > 0 and line.text(at - 1) in _CONDITIONS and (linked or not line.text(hit.last - 1).endswith("s")):
            return Dismissed(hit.entry, "is a condition, not a statement")
        goes_on = not ends and after not in _AFTER_ADJECTIVE and not _is_person(after, modifiers)
        if not is_noun and goes_on and (determined or not linked):
            return Dismissed(hit.entry, _OF_A_THING)
        if not linked and line.text(at - 1) in {"love", "miss", "luv"}:
            return Dismissed(hit.entry, "is said fondly")
        if (
            not linked
            and not is_noun
            and line.text(at - 1) in {"make", "makes", "made", "making", "call", "find", "drive", "driving", "drives"}
        ):
            return Dismissed(hit.entry, "is not said of the one addressed")
        return _claim(line, hit, Aim.YOU, 0.9 if linked or not determined else 0.75)
    if subject == "your":
        if after in _BODY or (not is_noun and _is_person(after, modifiers)):
            return _claim(line, hit, Aim.YOU, 0.8)
        if after in _OUTPUT and not is_noun:
            return _claim(line, hit, Aim.YOU, 0.6, level=1)
        return Dismissed(hit.entry, "is said of a thing")
    if subject == "named":
        return _claim(line, hit, Aim.NAMED, 0.85 if linked else 0.7, at)
    if (
        not is_noun
        and line.text(hit.first - 1) == "how"
        and (after in {"are", "can", "could", "must", "do"} and line.text(hit.last + 1) in YOU)
    ):
        return _claim(line, hit, Aim.YOU, 0.75)
    if subject == "others":
        return Dismissed(hit.entry, _OF_OTHERS)
    return _loose(line, hit, determined, is_noun, modifiers)


def _loose(line: Line, hit: Hit, determined: bool, is_noun: bool, modifiers: frozenset[str]) -> Claim | Dismissed:
    first, last = line.words[hit.first], line.words[hit.last - 1]
    before = [w for w in line.words[: hit.first] if w.segment == first.segment and w.text not in modifiers]
    after = [w for w in line.words[hit.last :] if w.segment == last.segment]
    named = next((i for i, w in enumerate(line.words) if w.text == MEMBER and w.segment == first.segment), None)
    if all(w.text in _LEADS or w.text == MEMBER for w in (*before, *after)):
        if named is not None:
            return _claim(line, hit, Aim.NAMED, 0.7, named)
        is_edge = first.segment == line.words[0].segment or last.segment == line.words[-1].segment
        if is_edge and (is_noun or len(line.words) <= _SHOUT_WORDS):
            if hit.entry.kind is Kind.IDENTITY_ATTACK and "severe" not in hit.entry.flags:
                return Dismissed(hit.entry, "has an ordinary meaning as well")
            return _claim(line, hit, Aim.ALONE, 0.7, level=None if is_noun else 1)
    if is_noun and not determined and not line.text(hit.last - 1).endswith("s"):
        sentence = [w.text for w in line.words if w.sentence == first.sentence]
        previous = line.text(hit.first - 1)
        is_last = not after and first.segment == last.segment
        if is_last and (YOU & set(sentence[: hit.first]) or YOU_ARE & set(sentence)) and previous in _ADDRESSING:
            return _claim(line, hit, Aim.YOU, 0.6)
        if not before and after and after[0].text in YOU | YOU_ARE:
            return _claim(line, hit, Aim.YOU, 0.7)
    return Dismissed(hit.entry, _AT_NOBODY)


_ADDRESSING = word_set(
    "doing it that this up off talking about here there wrong me now yourself saying shit anything nothing on "
    "problem mouth down think away know life mad again out"
)


def _subject(line: Line, hit: Hit, modifiers: frozenset[str]) -> tuple[str, int, bool, bool, bool]:
    """Who the phrase is said of, where they stand, and whether a copula, a negation or an article came between."""
    linked = negation = determined = False
    sentence = line.words[hit.first].sentence
    for index in range(hit.first - 1, max(-1, hit.first - 10), -1):
        word = line.words[index]
        text = word.text
        if word.sentence != sentence:
            break
        if text == MEMBER:
            return "named", index, linked, negation, determined
        if text in NEGATIONS:
            negation = True
            linked = linked or text in _COPULAS
        elif text in YOU:
            linked = linked or line.text(index - 1) in {"are", "were"}
            return "you", index, linked, negation, determined
        elif text in YOU_ARE or (text in YOUR and line.text(index + 1) in DETERMINERS):
            return "you", index, True, negation, determined
        elif text in YOUR:
            is_predicate = (hit.last >= len(line.words) or line.words[hit.last].segment != word.segment) and (
                hit.entry.shape is Shape.ADJECTIVE or index == 0 or line.words[index - 1].segment != word.segment
            )
            return ("you" if is_predicate else "your"), index, is_predicate, negation, determined
        elif text in SELF:
            return "self", index, linked, negation, determined
        elif text in THINGS:
            return "thing", index, linked, negation, determined
        elif text in OTHERS:
            return "others", index, linked, negation, determined
        elif text in DETERMINERS:
            determined = True
        elif text in _LINKS or text in modifiers:
            if text == "to" and line.text(index + 1) != "be":
                break
            linked = linked or text in _COPULAS or text in {"like", "sound", "look", "act", "acting", "seem"}
        else:
            break
    return "nobody", -1, linked, negation, determined


def _is_person(text: str, modifiers: frozenset[str]) -> bool:
    return text in _PERSONS or text in modifiers


def _claim(
    line: Line, hit: Hit, aim: Aim, sure: float, member_at: int | None = None, level: int | None = None
) -> Claim:
    entry = hit.entry
    found = entry.level if level is None else level
    kind = Kind.INSULT if level == 1 else hit.kind
    member = line.words[member_at].member if member_at is not None and aim is Aim.NAMED else None
    return Claim(entry, kind, found, aim, line.span(hit.first, hit.last), sure, member)

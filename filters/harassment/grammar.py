"""Who is called something: the grammar of insulting nouns and adjectives.

"You idiot", "you are a complete idiot", "are you stupid", "your stupid face", "idiot" as a reply and "Ann is an idiot"
are aimed at somebody; "I'm such an idiot", "stupid printer", "that's a dumb idea" and "idiots everywhere" are not.
"""

from core.model.finding import Kind
from filters.harassment.claims import NEGATIONS, YOU, YOU_ARE, Aim, Claim, Dismissed, reported
from filters.harassment.lexicon import Hit, Shape
from filters.harassment.subject import Subject, Who, subject_of
from filters.harassment.words import MEMBER, Line, Word, word_set

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
_AT_NOBODY = "is not aimed at anybody here"
_ELSEWHERE = frozenset({_OF_A_THING, _AT_NOBODY})
_SHOUT_WORDS = 4
_HOW = frozenset({"are", "can", "could", "must", "do"})
_CALLS = word_set("thanks thx ty hey yo oi listen bye stop shut off please fine ok sure congrats")
_ORDERS = word_set("stop quit leave get dont shut let go give take look learn try read answer do")
_OPINIONS = word_set("think say saying mean meaning believe imply implying call calling that")
_FOND = frozenset({"love", "miss", "luv"})
_MAKING = frozenset({"make", "makes", "made", "making", "call", "find", "drive", "drives", "driving"})
_ADDRESSING = word_set(
    "doing it up off talking about here there wrong me now yourself saying shit anything nothing on alone "
    "problem mouth down think away know life mad again out"
)
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
    subject = subject_of(line, hit, modifiers)
    match subject.who:
        case Who.SELF:
            return Dismissed(hit.entry, "is said of the author")
        case Who.THING:
            return Dismissed(hit.entry, _OF_A_THING)
        case Who.OTHERS:
            return Dismissed(hit.entry, "is denied") if subject.negated else _claim(line, hit, Aim.THIRD, 0.65)
        case Who.NOBODY:
            return _loose(line, hit, subject.determined, modifiers)
    if subject.negated and subject.linked:
        return Dismissed(hit.entry, "is denied")
    if subject.who is Who.MEMBER:
        return _claim(line, hit, Aim.NAMED, 0.85 if subject.linked else 0.7, subject)
    if subject.who is Who.YOUR:
        return _of_yours(line, hit, subject, modifiers)
    return _of_you(line, hit, subject, modifiers)


def _of_you(line: Line, hit: Hit, subject: Subject, modifiers: frozenset[str]) -> Claim | Dismissed:
    is_noun = hit.entry.shape is Shape.NOUN
    is_plural = line.text(hit.last - 1).endswith("s")
    before, after = line.text(subject.at - 1), line.text(hit.last)
    if before in _CONDITIONS and (subject.linked or not is_plural):
        return Dismissed(hit.entry, "is a condition, not a statement")
    if before in _OPINIONS and NEGATIONS & {line.text(subject.at - 2), line.text(subject.at - 3)}:
        return Dismissed(hit.entry, "is denied")
    if not subject.linked:
        ends = hit.last >= len(line.words) or line.words[hit.last].segment != line.words[hit.last - 1].segment
        if not is_noun and not ends and after not in _AFTER_ADJECTIVE and not _is_person(after, modifiers):
            return Dismissed(hit.entry, _OF_A_THING)
        if before in _FOND:
            return Dismissed(hit.entry, "is said fondly")
        if not is_noun and before in _MAKING:
            return Dismissed(hit.entry, "is not said of the one addressed")
    return _claim(line, hit, Aim.YOU, 0.9 if subject.linked or not subject.determined else 0.75, subject)


def _of_yours(line: Line, hit: Hit, subject: Subject, modifiers: frozenset[str]) -> Claim | Dismissed:
    is_noun = hit.entry.shape is Shape.NOUN
    after = line.text(subject.at + 1 if subject.linked else hit.last)
    if after in _BODY or (not is_noun and _is_person(after, modifiers)):
        return _claim(line, hit, Aim.YOU, 0.8, subject)
    if after in _OUTPUT and not is_noun:
        return _claim(line, hit, Aim.YOU, 0.6, subject, level=1)
    return Dismissed(hit.entry, "is said of a thing")


def _loose(line: Line, hit: Hit, determined: bool, modifiers: frozenset[str]) -> Claim | Dismissed:
    """A phrase without a subject: a shout, an address before or after a comma, or talk about something else."""
    first, last = line.words[hit.first], line.words[hit.last - 1]
    is_noun = hit.entry.shape is Shape.NOUN
    after = [w for w in line.words[hit.last :] if w.segment == last.segment]
    if not is_noun and line.text(hit.first - 1) == "how" and after and after[0].text in _HOW:
        return _claim(line, hit, Aim.YOU, 0.75) if line.text(hit.last + 1) in YOU else Dismissed(hit.entry, _AT_NOBODY)
    before = [w for w in line.words[: hit.first] if w.segment == first.segment and w.text not in modifiers]
    around = (*before, *after)
    if all(w.text in _LEADS or w.text == MEMBER for w in around):
        return _shouted(line, hit, determined, next((w for w in around if w.text == MEMBER), None))
    if is_noun and not determined and not line.text(hit.last - 1).endswith("s"):
        sentence = [w.text for w in line.words[: hit.first] if w.sentence == first.sentence]
        if (
            not after
            and line.text(hit.first - 1) in _ADDRESSING
            and ((YOU | YOU_ARE) & set(sentence) or sentence[0] in _ORDERS)
        ):
            return _claim(line, hit, Aim.YOU, 0.6)
        if not before and after and after[0].text in YOU | YOU_ARE:
            return _claim(line, hit, Aim.YOU, 0.7)
    return Dismissed(hit.entry, _AT_NOBODY)


def _shouted(line: Line, hit: Hit, determined: bool, named: Word | None) -> Claim | Dismissed:
    if named is not None:
        entry, span = hit.entry, line.span(hit.first, hit.last)
        return Claim(entry, hit.kind, entry.level, Aim.NAMED, span, 0.7, named.member)
    if hit.kind is Kind.IDENTITY_ATTACK and "severe" not in hit.entry.flags:
        return Dismissed(hit.entry, "has an ordinary meaning as well")
    first, last = line.words[hit.first], line.words[hit.last - 1]
    if not {first.segment, last.segment} & {line.words[0].segment, line.words[-1].segment}:
        return Dismissed(hit.entry, _AT_NOBODY)
    if hit.entry.shape is Shape.ADJECTIVE:
        is_short = len(line.words) <= _SHOUT_WORDS
        return _claim(line, hit, Aim.ALONE, 0.7, level=1) if is_short else Dismissed(hit.entry, _AT_NOBODY)
    is_beside = any(w.sentence == first.sentence and w.segment != first.segment for w in line.words)
    goes_on = line.text(hit.last) in YOU | YOU_ARE
    may_be_name = "playful" in hit.entry.flags and first.segment == line.words[0].segment and not goes_on
    spoken_to = is_beside and not may_be_name
    spoken_to = spoken_to or any(w.text in _CALLS for w in line.words[: hit.first] if w.segment == first.segment)
    return _claim(line, hit, Aim.YOU if spoken_to and not determined else Aim.ALONE, 0.7)


def _is_person(text: str, modifiers: frozenset[str]) -> bool:
    return text in _PERSONS or text in modifiers


def _claim(
    line: Line, hit: Hit, aim: Aim, sure: float, subject: Subject | None = None, level: int | None = None
) -> Claim:
    entry = hit.entry
    kind, found = hit.kind, entry.level if level is None else level
    if level == 1:
        kind = Kind.INSULT
    elif subject is not None and subject.grouped and kind is Kind.INSULT:
        kind, found = Kind.IDENTITY_ATTACK, 3
    member = line.words[subject.at].member if subject is not None and aim is Aim.NAMED else None
    return Claim(entry, kind, found, aim, line.span(hit.first, hit.last), sure, member)

"""Whether a phrase that carries its own target is meant: threats, curses, urgings, exposures.

The same words warn ("you'll hurt yourself lifting that"), ask, deny, report and forbid; each of these is recognised
by what stands just before or after.
"""

from core.model.finding import Kind
from filters.harassment.claims import (
    NEGATIONS,
    SELF,
    YOU,
    Aim,
    Claim,
    Dismissed,
    felt,
    negated,
    reported,
)
from filters.harassment.lexicon import Context, Hit, Shape
from filters.harassment.words import MEMBER, Line, word_set

_MACHINES = word_set(
    "computer printer windows ubuntu linux debian apt apple microsoft google life world monday mondays "
    "autocorrect internet phone laptop game weather x11 nvidia ati firefox grub kernel wifi router python java "
    "php javascript server gnome kde apache unity vim emacs excel outlook skype flash adobe comcast verizon at&t "
    "traffic winter summer alarm gravity physics math homework school work exams exam deadline deadlines "
    "printer's universe karma"
)
_SHORT = 2
"""Phrases of so few words mean nothing across a comma or a full stop."""
_CURSES = frozenset({"fuck", "fuk", "fck", "screw", "shut", "f"})
_TELLERS = word_set("to will can could might would may they theyll itll it that who which dont cant wont gonna he she")
_URGED_AFTER = word_set(
    "go and just please should better now then why name already must shouldve gotta bitch lol ok so or day gonna "
    "also idiot loser moron dude bro man off"
)
_TO_AFTER = word_set("need needs have ought got you told supposed")
_YOU_AFTER = word_set("can could would should dont hope wish suggest recommend wont if when think until")
_AT_WORK = word_set(
    "trying doing lifting laughing working carrying with over on climbing running cleaning making cutting shaving "
    "cooking falling if"
)


def judge_frame(line: Line, hit: Hit, contexts: frozenset[tuple[Context, int]]) -> Claim | Dismissed:
    """Whether a directed phrase is meant; `contexts` holds the kinds of context and the word after each."""
    entry = hit.entry
    if why := reported(line, hit):
        return Dismissed(entry, why)
    if line.words[hit.first].segment != line.words[hit.last - 1].segment and hit.last - hit.first <= _SHORT:
        return Dismissed(entry, "runs over a pause")
    if entry.shape in {Shape.WILLED, Shape.CONSEQUENCE}:
        if not _is_willed(line, hit, contexts):
            return Dismissed(entry, "is not announced by the author")
        if entry.shape is Shape.CONSEQUENCE and not _has_condition(line, hit):
            return Dismissed(entry, "is no threat without a condition")
    elif entry.shape is Shape.IMPERATIVE and (why := _not_urged(line, hit)):
        return Dismissed(entry, why)
    if negated(line, hit):
        return Dismissed(entry, "is denied, or advised against")
    if entry.kind is Kind.ENCOURAGEMENT and felt(line, hit):
        return Dismissed(entry, "names a fear, to speak against it")
    if entry.kind is Kind.INSULT and (
        line.text(hit.last) in _MACHINES
        or line.text(hit.last - 1) in _MACHINES
        or line.text(hit.first - 1) in _MACHINES
    ):
        return Dismissed(entry, "is said to a thing")
    if entry.kind is Kind.INSULT and line.text(hit.first) in _CURSES and _is_told(line, hit):
        return Dismissed(entry, "tells what happens, and curses nobody")
    member = next((word.member for word in line.words[hit.first : hit.last] if word.text == MEMBER), None)
    aim = Aim.NAMED if member is not None else Aim.YOU
    if aim is Aim.YOU and entry.kind is Kind.IDENTITY_ATTACK:
        aim = Aim.GROUP
    sure = 0.85 if entry.level > 1 else 0.7
    return Claim(entry, hit.kind, entry.level, aim, line.span(hit.first, hit.last), sure, member)


def _is_told(line: Line, hit: Hit) -> bool:
    is_same = hit.first > 0 and line.words[hit.first - 1].segment == line.words[hit.first].segment
    if line.text(hit.first) == "f":
        ends = hit.last >= len(line.words) or line.words[hit.last].segment != line.words[hit.last - 1].segment
        return is_same or not ends
    return (is_same and line.text(hit.first - 1) in _TELLERS) or line.text(hit.last) in {"up", "over"}


def _is_willed(line: Line, hit: Hit, contexts: frozenset[tuple[Context, int]]) -> bool:
    if (Context.WILL, hit.first) in contexts:
        return not line.words[hit.first].quoted
    joint = line.text(hit.first - 1)
    sentence = line.words[hit.first].sentence
    return joint in {"and", "then", "or"} and any(
        context is Context.WILL and at < hit.first and line.words[at].sentence == sentence for context, at in contexts
    )


def _has_condition(line: Line, hit: Hit) -> bool:
    texts = [word.text for word in line.words]
    for index, text in enumerate(texts[:-1]):
        if text in {"if", "unless"} and (texts[index + 1] in YOU or texts[index + 1] in {"youre", "youll", "i"}):
            if texts[index + 1] == "i" and not {"dont", "you"} <= set(texts[index : index + 6]):
                continue
            return True
        if text == "or" and index + 1 < hit.first <= index + 6:
            return True
    return False


def _not_urged(line: Line, hit: Hit) -> str | None:
    following = line.text(hit.last)
    if following in _AT_WORK:
        return "warns of an accident"
    if hit.first == 0 or line.words[hit.first - 1].segment != line.words[hit.first].segment:
        return None
    before, second, third = (line.text(hit.first - back) for back in (1, 2, 3))
    if before in {"if", "when", "people"} or second in SELF - {"i"}:
        return "mentions the act without urging it"
    if before == "and" and any(
        word.text in {"might", "could", "will", "youll", "almost", "gonna"} for word in line.words[: hit.first]
    ):
        return "warns of an accident"
    if before == "to":
        if second in _TO_AFTER or (second in YOU and third not in NEGATIONS):
            return None if second != "told" or third in {"i", "we"} else "reports what somebody said"
        return "mentions the act without urging it"
    if before in YOU:
        if second in _YOU_AFTER and second not in {"if", "when", "think"}:
            return None if second != "dont" or third == "why" else "advises against it"
        return "mentions the act without urging it"
    if before in _URGED_AFTER or before == MEMBER:
        return None
    if hit.first <= 3 and before.isalpha() and second in {"", "hey", "ok", "lol", "go"} and before not in _VERBS:
        return None  # a name that nobody of the conversation bears
    return "mentions the act without urging it"


_VERBS = word_set(
    "will would could might can may did do does to wanna want i he she they we almost not never dont nearly about "
    "or tried try trying cant didnt wouldnt must"
) - {"must"}

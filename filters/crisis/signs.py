"""What a whole message gives away about how to read it: a joke, a game, an everyday nuisance, real pain, the past.

Signs never raise a finding by themselves. They only let a rule lower or dismiss one, and pain always keeps it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from filters.crisis.wordsets import WORDS

_JOKE_SIGNS = re.compile(
    "[\U0001f480\U0001f602\U0001f923\u2620\U0001f606\U0001f604\U0001f921\U0001fae0]|\\b[xX]D\\b|/j\\b|/hj\\b"
)
_EARNEST = re.compile(
    r"\b(?:not|aint|isn'?t|no) (?:\w+ )?(?:joking|kidding|joke|jk)\b|\b(?:i'?m|im) (?:being )?serious\b"
)
_LYRIC_SIGNS = re.compile("[\U0001f3b5\U0001f3b6\u266a\u266b\u266c\U0001f3a4\U0001f3a7]")

_JOKES = WORDS["jokes"]
_GAMES = WORDS["games"]
_NUISANCES = WORDS["nuisances"]
_PAIN = WORDS["pain"]
_AWAY = WORDS["away"]
_RECENT = WORDS["recent"]
_PAST = re.compile(
    r"\b(?:years? ago|used to|when i was (?:a |in |\d+|young|little|younger|like|\w+teen\b)|in lockdown|"
    r"(?:wanted to|tried to|nearly|almost)\b[^?]{1,60}[.,] (?:now|here|today) i|the old me|"
    r"back (?:in|when|then)|"
    r"in 20[0-2]\d|"
    r"glad (?:i'?m|i am|to be|that i'?m) (?:still )?(?:here|alive)|in recovery|in high school|"
    r"in middle school|in college|"
    r"(?:months?|years?|weeks?|days?) (?:clean|sober|free)|last year|got help|better now|recovered|a long time ago|"
    r"so (?:glad|happy) i (?:didn'?t|failed|survived)|since then|years? since|decade)\b"
)
_COMES_BACK = re.compile(
    r"\b(?:(?:but|and) (?:now|lately|recently|today|tonight|it'?s back|they'?re back)|coming back|"
    r"came back|is back|are back|it'?s back|"
    r"still (?:do|want|feel|think|am|is|does)|down the drain|again)\b"
)
_ACCIDENT = re.compile(
    r"\b(?:shav\w+|cook\w*|chopping|slicing|kitchen|onions?|accident\w*|gym|lifting|workout|working out|"
    r"running|jogging|"
    r"football|soccer|basketball|skat\w+|skiing|climbing|stove|oven|iron|paper ?cut|box ?cutter|opening|"
    r"can opener|tin|"
    r"glass (?:shard|broke)|broken glass|coffee|tripp\w+|fell|bike|stretching|deadlift\w*|bench|sports?|"
    r"mowing|gardening|"
    r"legos?|papercut|sushi|fabric|video|clip|budget|costs?|corners|carbs|sugar|caffeine|hair|bangs|grass|"
    r"cheese|bread)\b"
)
_NOW_OR_SOON = re.compile(
    r"\b(?:tonight|tonite|2nite|tomorrow|tmrw?|tomorow|tommorow|2morrow|this weekend|this (?:fri|satur|"
    r"sun|mon|tues|wednes|thurs)day|"
    r"right now|in an hour|in a few (?:hours|minutes|days)|by (?:morning|monday|friday|sunday|tomorrow)|"
    r"after (?:school|work|dinner)|in the morning|on (?:fri|satur|sun|mon|tues|wednes|thurs)day|before christmas|"
    r"(?:on|before) my birthday|when (?:my parents|everyone|everyone'?s|they'?re|they) (?:leave|is|are|asleep))\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """How a message reads as a whole; each is a mere hint."""

    is_joke: bool
    is_game: bool
    is_nuisance: bool
    is_pain: bool
    is_past: bool
    comes_back: bool
    is_accident: bool
    is_away: bool
    is_soon: bool
    is_lyric: bool


def signs_of(text: str, words: Sequence[str]) -> Signs:
    """The signs in a folded `text` and its `words`."""
    present = frozenset(words)
    return Signs(
        is_joke=_EARNEST.search(text) is None
        and (not _JOKES.isdisjoint(present) or _JOKE_SIGNS.search(text) is not None),
        is_game=not _GAMES.isdisjoint(present),
        is_nuisance=not _NUISANCES.isdisjoint(present),
        is_pain=not _PAIN.isdisjoint(present),
        is_past=_PAST.search(text) is not None,
        comes_back=_COMES_BACK.search(text) is not None or not _RECENT.isdisjoint(present),
        is_accident=_ACCIDENT.search(text) is not None,
        is_away=not _AWAY.isdisjoint(present),
        is_soon=_NOW_OR_SOON.search(text) is not None,
        is_lyric=_LYRIC_SIGNS.search(text) is not None,
    )

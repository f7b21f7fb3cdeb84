"""What a whole message gives away about how to read it: a joke, a game, an everyday nuisance, real pain, the past.

Signs never raise a finding by themselves. They only let a rule lower or dismiss one, and pain always keeps it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_JOKE_SIGNS = re.compile(
    "[\U0001f480\U0001f602\U0001f923\u2620\U0001f606\U0001f604\U0001f921\U0001fae0]|\\b[xX]D\\b|/j\\b|/hj\\b"
)
_LYRIC_SIGNS = re.compile("[\U0001f3b5\U0001f3b6\u266a\u266b\u266c\U0001f3a4\U0001f3a7]")

_JOKES = frozenset(
    "lol lmao lmfao lmaoo lmaooo rofl roflmao haha hahaha hahahaha hahah ahaha jk jkjk kidding joking xd lolol loll "
    "lul lulz kek kekw omegalul hehe teehee pog bruh".split()
)
_GAMES = frozenset(
    "grenade grenades respawn respawned respawning respawns spawn gta minecraft fortnite valorant csgo overwatch roblox "
    "league ranked boss ult creeper lava npc sims hp damage speedrun enderman raid dungeon lobby matchmaking apex cod "
    "warzone skyrim terraria pubg rust dota elo aimbot smurf nade molotov rpg fps mmo level levels checkpoint loot mobs "
    "teammates teammate killcam scoreboard wither botlane jungler healer tank dps hitbox nerf nerfed buff patch demon "
    "hardcore permadeath savegame quest game games gameplay gaming gamer multiplayer singleplayer wave ingame".split()
)
_NUISANCES = frozenset(
    "homework exam exams essay assignment assignments finals midterm midterms quiz calculus algebra physics chemistry "
    "maths math monday mondays traffic lag laggy queue update updates server servers printer wifi internet bug bugs "
    "compile compiler code coding css javascript java regex excel spreadsheet meeting meetings zoom standup cringe "
    "cringey embarrassing embarrassed embarrassment awkward hungover hangover spicy heatwave cute adorable finale "
    "episode season gym workout cardio squats burpees stairs commute alarm deadline deadlines presentation cramps "
    "parking email emails invoice taxes dentist haircut leg typo cutscene ads advert playlist song haha fanfic ship "
    "outfit crush autocorrect router driver drivers linux windows ubuntu kernel lecture thesis spiders spider mosquito "
    "mosquitoes shift overtime customer customers retail laundry dishes sunburn cold hot puns pun joke jokes smell "
    "sneeze allergies pollen diet crossfit ikea tutorial paperwork".split()
)
_PAIN = frozenset(
    "alone lonely anymore worthless hopeless crying cried cry tears numb empty depressed depression trauma abuse abused "
    "suicidal burden serious seriously scared help hurts hurting pain painful suffering pills cutting selfharm therapist "
    "therapy hospital anxiety beats rejected bullied bullying bullies divorce grief funeral died nobody noone "
    "failure disappointment disappointed ".split()
)
_AWAY = frozenset(
    "trip vacation holiday holidays flight appointment dentist doctor meeting meetings practice class classes shift "
    "conference party wedding camping visiting moving travel traveling travelling exam exams busy airport "
    "meetup rehearsal training convention con raid tournament match stream semester internship dinner movie movies "
    "event weekend interview surgery visa concert festival honeymoon deployment delivery office gig server release "
    "patch game graduation prom".split()
)
_RECENT = frozenset(
    "again lately relapsed relapse tonight yesterday currently still today worse returning recently nowadays rn".split()
)
_PAST = re.compile(
    r"\b(?:years? ago|used to|when i was (?:a |in |\d+|young|little|younger|like)|back (?:in|when|then)|in 20[0-2]\d|"
    r"glad (?:i'?m|i am|to be|that i'?m) (?:still )?(?:here|alive)|in recovery|in high school|in middle school|in college|"
    r"(?:months?|years?|weeks?|days?) (?:clean|sober|free)|last year|got help|better now|recovered|a long time ago|"
    r"so (?:glad|happy) i (?:didn'?t|failed|survived)|since then|years? since|decade)\b"
)
_COMES_BACK = re.compile(
    r"\b(?:(?:but|and) (?:now|lately|recently|today|tonight|it'?s back|they'?re back)|coming back|came back|is back|are back|it'?s back|"
    r"still (?:do|want|feel|think|am|is|does)|down the drain|again)\b"
)
_ACCIDENT = re.compile(
    r"\b(?:shav\w+|cook\w*|chopping|slicing|kitchen|onions?|accident\w*|gym|lifting|workout|working out|running|jogging|"
    r"football|soccer|basketball|skat\w+|ski\w*|climbing|stove|oven|iron|paper ?cut|box ?cutter|opening|can opener|tin|"
    r"glass (?:shard|broke)|broken glass|coffee|tripp\w+|fell|bike|stretching|deadlift\w*|bench|sports?|mowing|gardening|"
    r"legos?|papercut|sushi|fabric|video|clip|budget|costs?|corners|carbs|sugar|caffeine|hair|bangs|grass|cheese|bread)\b"
)
_NOW_OR_SOON = re.compile(
    r"\b(?:tonight|tonite|2nite|tomorrow|tmrw?|tomorow|tommorow|2morrow|this weekend|this (?:fri|satur|sun|mon|tues|wednes|thurs)day|"
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
        is_joke=not _JOKES.isdisjoint(present) or _JOKE_SIGNS.search(text) is not None,
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

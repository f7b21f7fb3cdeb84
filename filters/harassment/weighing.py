"""How grave a claim is, given to whom and in what mood it is said, and what was said before."""

from collections.abc import Set
from dataclasses import dataclass, replace

from core.model.finding import Kind
from core.model.message import MemberId
from filters.harassment.claims import Aim, Claim, Dismissed
from filters.harassment.conversation import Window
from filters.harassment.lexicon import Context

_INSULT_CEILING = 3
"""Repeated insults get no graver than this; level 4 is for danger."""

_SURE_ENOUGH = 0.5
_UNADDRESSED = 0.95
"""Factor on the certainty where the message itself doesn't say whom it means."""

_JOKED_ABOUT = frozenset({Kind.THREAT, Kind.ENCOURAGEMENT, Kind.SEXUAL})


@dataclass(frozen=True, slots=True)
class Aimed:
    """A claim with its target and its weight.

    Attributes:
        notes: What raised or lowered it, for the moderator.
        in_fun: Whether it was lowered because somebody laughs.
    """

    claim: Claim
    target: MemberId | None
    notes: tuple[str, ...] = ()
    in_fun: bool = False


def weigh(claim: Claim, target: MemberId | None, moods: Set[Context], window: Window) -> Aimed | Dismissed | None:
    """The claim at its level and certainty; dismissed as banter, or None for a taunt while nobody is in distress."""
    is_distressed = claim.kind is Kind.ENCOURAGEMENT and window.is_distressed(target)
    if is_distressed:  # what they spoke of is for the responders: moderators read only how grave this is
        return _weighed(claim, target, window, 4, 0.95, "likely to be taken seriously")
    if "distress" in claim.entry.flags:
        return None
    level, sure = claim.level, claim.sure
    if claim.aim is Aim.ALONE and not window.address.is_explicit:
        level, sure = 2 if "severe" in claim.entry.flags else 1, _SURE_ENOUGH
    if moods & {Context.LAUGH, Context.AFFECTION}:
        return _in_fun(claim, target, moods, window, level, sure)
    if claim.kind is Kind.THREAT and Context.PLAY in moods and Context.CREDIBLE not in moods:
        return _weighed(claim, target, window, 1, _SURE_ENOUGH, "about a game, it seems", in_fun=True)
    if claim.kind is Kind.THREAT and Context.CREDIBLE in moods and level >= 3:
        return _weighed(claim, target, window, 4, 0.9, "with details that make it credible")
    if level >= 2 and window.is_repeated(target):
        level = min(level + 1, max(level, _INSULT_CEILING) if claim.kind is Kind.INSULT else 4)
        return _weighed(claim, target, window, level, sure, "again")
    return _weighed(claim, target, window, level, sure)


def _in_fun(
    claim: Claim, target: MemberId | None, moods: Set[Context], window: Window, level: int, sure: float
) -> Aimed | Dismissed:
    """Laughter excuses what friends say to each other; it excuses no slur, and a threat only in part."""
    is_mutual = window.is_mutual_banter(target)
    is_playful = "playful" in claim.entry.flags
    is_credible = Context.CREDIBLE in moods
    if claim.kind is Kind.INSULT and level <= 2:
        if is_mutual:
            return Dismissed(claim.entry, "is banter between people who tease each other")
        if is_playful and Context.AFFECTION in moods:
            return Dismissed(claim.entry, "is said fondly")
        if is_playful or Context.AFFECTION in moods:
            return _weighed(claim, target, window, 1, _SURE_ENOUGH, "with laughter", in_fun=True)
    if claim.kind is Kind.THREAT and not is_credible:
        is_game = Context.PLAY in moods
        note = "about a game, it seems" if is_game else "with laughter"
        return _weighed(claim, target, window, 1 if is_game else min(level, 2), 0.55, note, in_fun=True)
    if is_mutual and claim.kind in _JOKED_ABOUT and not is_credible:
        return _weighed(claim, target, window, min(level, 2), 0.55, "both sides seem to be joking", in_fun=True)
    return _weighed(claim, target, window, level, sure)


def _weighed(
    claim: Claim,
    target: MemberId | None,
    window: Window,
    level: int,
    sure: float,
    note: str = "",
    *,
    in_fun: bool = False,
) -> Aimed:
    if not window.address.is_explicit and claim.aim is not Aim.NAMED:
        sure *= _UNADDRESSED
    weighed = replace(claim, level=level, sure=max(_SURE_ENOUGH, sure))
    return Aimed(weighed, target, (note,) if note else (), in_fun)

"""What can be done, how two things to do merge, and which one undoes which.

An `Effect` is something done to a message, a member or a channel. `EffectSet` holds the effects of one decision,
split into those carried out automatically and those only proposed to people. Sets merge under four laws, which
property tests hold: merging is associative, commutative and idempotent, `NO_EFFECTS` changes nothing, and a shield
(promise 3) can only take automatic enforcement away, never add any.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ActionKind(StrEnum):
    """Everything that Delivery can ask of a platform."""

    ALERT = "alert"
    REFRESH_CARD = "refresh_card"
    PAGE = "page"
    TELL = "tell"
    """A private message with a case's card to one person of the desk, where the card itself can't be posted or the
    last tier is called."""
    DIGEST = "digest"
    TELL_OWNER = "tell_owner"
    """A private message to one owner about the community itself: a notice taken away, a country without a live
    service, a misused message. It has no case; its words are in its parameters (`core.flow.telling`)."""

    DELETE = "delete"
    PURGE = "purge"
    """Delete several messages of one member."""
    WARN = "warn"
    NOTICE = "notice"
    """Tell a member what is done to them, why, until when, and how to appeal."""
    TIMEOUT = "timeout"
    LIFT_TIMEOUT = "lift_timeout"
    KICK = "kick"
    BAN = "ban"
    UNBAN = "unban"
    SLOW_MODE = "slow_mode"
    LIFT_SLOW_MODE = "lift_slow_mode"
    LOCK = "lock"
    UNLOCK = "unlock"
    PAUSE_JOINS = "pause_joins"
    RESUME_JOINS = "resume_joins"

    SUPPORT_MESSAGE = "support_message"
    OPEN_TALK = "open_talk"
    """A private talk between the member and the people of the case."""
    CLOSE_TALK = "close_talk"


class Lane(StrEnum):
    """The order in which Delivery serves waiting actions, most urgent first."""

    CRISIS = "crisis"
    ALERT = "alert"
    ENFORCEMENT = "enforcement"
    HOUSEKEEPING = "housekeeping"


LANES: tuple[Lane, ...] = (Lane.CRISIS, Lane.ALERT, Lane.ENFORCEMENT, Lane.HOUSEKEEPING)


class Retry(StrEnum):
    """What may follow an attempt whose outcome is unknown."""

    REPEAT = "repeat"
    """Doing it twice is the same as doing it once."""
    REPEAT_WITH_KEY = "repeat_with_key"
    """Repeated under the same action key, by which the platform or the reader recognises the double."""
    NEVER = "never"
    """Marked unknown and told to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLaw:
    """What holds for one kind of action.

    Attributes:
        enforces: Whether it restricts or removes somebody or something; a shield turns those into proposals.
        family: Effects of one family on one target merge; the one with the higher `rank` stays. Without one, only
            effects of the same kind do.
        inverse: The kind that undoes it, None when nothing does and the desk has to say so before the click.
        looks_back: Its duration is how far back it reaches, not how long it lasts.
        is_told: Whether the member it is done to is told with a `NOTICE` first.
    """

    enforces: bool
    retry: Retry
    lane: Lane
    family: str = ""
    rank: int = 0
    inverse: ActionKind | None = None
    takes_duration: bool = False
    looks_back: bool = False
    is_told: bool = False


_K = ActionKind
LAWS: Mapping[ActionKind, ActionLaw] = MappingProxyType(
    {
        _K.ALERT: ActionLaw(enforces=False, retry=Retry.REPEAT_WITH_KEY, lane=Lane.ALERT),
        _K.REFRESH_CARD: ActionLaw(enforces=False, retry=Retry.REPEAT, lane=Lane.HOUSEKEEPING),
        _K.PAGE: ActionLaw(enforces=False, retry=Retry.REPEAT_WITH_KEY, lane=Lane.ALERT),
        _K.TELL: ActionLaw(enforces=False, retry=Retry.REPEAT_WITH_KEY, lane=Lane.ALERT),
        _K.DIGEST: ActionLaw(enforces=False, retry=Retry.REPEAT_WITH_KEY, lane=Lane.ALERT),
        _K.TELL_OWNER: ActionLaw(enforces=False, retry=Retry.REPEAT_WITH_KEY, lane=Lane.ALERT),
        _K.DELETE: ActionLaw(
            enforces=True, retry=Retry.REPEAT, lane=Lane.ENFORCEMENT, family="message", rank=1, is_told=True
        ),
        _K.PURGE: ActionLaw(
            enforces=True,
            retry=Retry.REPEAT,
            lane=Lane.ENFORCEMENT,
            takes_duration=True,
            looks_back=True,
            is_told=True,
        ),
        _K.WARN: ActionLaw(enforces=True, retry=Retry.NEVER, lane=Lane.ENFORCEMENT, family="notice", rank=1),
        _K.NOTICE: ActionLaw(enforces=False, retry=Retry.NEVER, lane=Lane.ENFORCEMENT),
        _K.TIMEOUT: ActionLaw(
            enforces=True,
            retry=Retry.REPEAT,
            lane=Lane.ENFORCEMENT,
            family="member",
            rank=1,
            inverse=_K.LIFT_TIMEOUT,
            takes_duration=True,
            is_told=True,
        ),
        _K.LIFT_TIMEOUT: ActionLaw(enforces=False, retry=Retry.REPEAT, lane=Lane.ENFORCEMENT),
        _K.KICK: ActionLaw(
            enforces=True, retry=Retry.REPEAT, lane=Lane.ENFORCEMENT, family="member", rank=2, is_told=True
        ),
        _K.BAN: ActionLaw(
            enforces=True,
            retry=Retry.REPEAT,
            lane=Lane.ENFORCEMENT,
            family="member",
            rank=3,
            inverse=_K.UNBAN,
            takes_duration=True,
            is_told=True,
        ),
        _K.UNBAN: ActionLaw(enforces=False, retry=Retry.REPEAT, lane=Lane.ENFORCEMENT),
        _K.SLOW_MODE: ActionLaw(
            enforces=True,
            retry=Retry.REPEAT,
            lane=Lane.ENFORCEMENT,
            family="channel",
            rank=1,
            inverse=_K.LIFT_SLOW_MODE,
            takes_duration=True,
        ),
        _K.LIFT_SLOW_MODE: ActionLaw(enforces=False, retry=Retry.REPEAT, lane=Lane.ENFORCEMENT),
        _K.LOCK: ActionLaw(
            enforces=True,
            retry=Retry.REPEAT,
            lane=Lane.ENFORCEMENT,
            family="channel",
            rank=2,
            inverse=_K.UNLOCK,
            takes_duration=True,
        ),
        _K.UNLOCK: ActionLaw(enforces=False, retry=Retry.REPEAT, lane=Lane.ENFORCEMENT),
        _K.PAUSE_JOINS: ActionLaw(
            enforces=True,
            retry=Retry.REPEAT,
            lane=Lane.ENFORCEMENT,
            family="community",
            rank=1,
            inverse=_K.RESUME_JOINS,
            takes_duration=True,
        ),
        _K.RESUME_JOINS: ActionLaw(enforces=False, retry=Retry.REPEAT, lane=Lane.ENFORCEMENT),
        _K.SUPPORT_MESSAGE: ActionLaw(enforces=False, retry=Retry.NEVER, lane=Lane.CRISIS),
        _K.OPEN_TALK: ActionLaw(enforces=False, retry=Retry.REPEAT_WITH_KEY, lane=Lane.CRISIS, inverse=_K.CLOSE_TALK),
        _K.CLOSE_TALK: ActionLaw(enforces=False, retry=Retry.REPEAT, lane=Lane.CRISIS),
    }
)
"""The law of every action kind; a kind without one does not exist (a test holds it)."""

_OF_PLACES = frozenset(kind for kind, law in LAWS.items() if law.family in {"channel", "community"})
ABOUT_PLACES = _OF_PLACES | {law.inverse for kind, law in LAWS.items() if kind in _OF_PLACES and law.inverse}
"""What is done to a channel or a community: its target leads to no member, unlike that of anything else."""

FOREVER_S = 10**12
"""The duration of an effect that ends only when somebody undoes it, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Effect:
    """One enforcement against one target.

    Attributes:
        target: A message, member or channel id, by the kind's family; the community's for `PAUSE_JOINS`.
        duration_s: Seconds from the decision, or back from it for a purge; `FOREVER_S` where it has no end, 0 for kinds
            without a duration.
    """

    kind: ActionKind
    target: str
    duration_s: int = 0

    @property
    def slot(self) -> tuple[str, str]:
        """Effects of the same slot compete: only the harshest of them is carried out."""
        return LAWS[self.kind].family or self.kind, self.target

    @property
    def harshness(self) -> tuple[int, int]:
        """Orders the effects of one slot."""
        return LAWS[self.kind].rank, self.duration_s


def _harshest(effects: Iterable[Effect]) -> frozenset[Effect]:
    kept: dict[tuple[str, str], Effect] = {}
    for effect in effects:
        other = kept.get(effect.slot)
        if other is None or effect.harshness > other.harshness:
            kept[effect.slot] = effect
    return frozenset(kept.values())


@dataclass(frozen=True, slots=True)
class EffectSet:
    """The effects of one decision, always in normal form: build it with `effects()` or `merge()`."""

    automatic: frozenset[Effect] = frozenset()
    proposed: frozenset[Effect] = frozenset()
    shielded: bool = False


NO_EFFECTS = EffectSet()
SHIELD = EffectSet(shielded=True)
"""Merged into a decision, it turns every automatic enforcement into a proposal."""


def effects(*, automatic: Iterable[Effect] = (), proposed: Iterable[Effect] = (), shielded: bool = False) -> EffectSet:
    """An `EffectSet` in normal form: one effect a slot, and none automatic that a shield forbids.

    A proposal stays only where nothing as harsh happens automatically.
    """
    kept_automatic = _harshest(automatic)
    kept_proposed = set(proposed)
    if shielded:
        stopped = frozenset(effect for effect in kept_automatic if LAWS[effect.kind].enforces)
        kept_proposed |= stopped
        kept_automatic -= stopped
    done = {effect.slot: effect.harshness for effect in kept_automatic}
    kept_proposed = {e for e in _harshest(kept_proposed) if e.slot not in done or e.harshness > done[e.slot]}
    return EffectSet(kept_automatic, frozenset(kept_proposed), shielded)


def merge(*sets: EffectSet) -> EffectSet:
    """All of them together; see the module for the laws."""
    return effects(
        automatic=(effect for each in sets for effect in each.automatic),
        proposed=(effect for each in sets for effect in each.proposed),
        shielded=any(each.shielded for each in sets),
    )


def inverse_of(kind: ActionKind) -> ActionKind | None:
    """The kind that undoes `kind`, or None: then the desk says so before the click."""
    return LAWS[kind].inverse


CARD_KINDS = frozenset(
    {
        ActionKind.ALERT,
        ActionKind.PAGE,
        ActionKind.REFRESH_CARD,
        ActionKind.TELL,
        ActionKind.DIGEST,
        ActionKind.TELL_OWNER,
    }
)
"""What only tells the desk something: no sanction of anybody. What has a place of its own is never given up."""

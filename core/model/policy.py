"""What a community wants: thresholds, exemptions, its own words, and the ladder of actions; versioned.

Settings inherit field by field: an override for channels or roles changes only what it names. Two things no policy can
do (promise 3): exempt anybody from crisis screening, and let anything be enforced because of a crisis finding.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.model.action import FOREVER_S, LAWS, ActionKind
from core.model.case import Enforcement
from core.model.finding import KINDS, Category, Kind
from core.model.message import ChannelId, RoleId
from core.model.rota import Rota, TimeOfDay

Level = Annotated[int, Field(ge=1, le=4)]
LevelOrNever = Annotated[int, Field(ge=1, le=5, description="1 to 4, or 5 for never")]
Score = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]

MAX_TERMS = 2000
MAX_PATTERNS = 200
MAX_PATTERN_CHARS = 512


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _refuse_hidden_alerts(record_level: int, alert_level: int) -> None:
    if record_level > alert_level:
        raise ValueError("record_level can't be above alert_level: what alerts is also recorded")


class Threshold(_Strict):
    """From where on a category's findings concern people."""

    alert_level: LevelOrNever = Field(2, description="Findings of this level or above open a case.")
    record_level: LevelOrNever = Field(1, description="Findings of this level or above are kept in the output.")
    min_score: Score = Field(0.5, description="Findings below this score count for nothing.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _refuse_hidden_alerts(self.record_level, self.alert_level)
        return self


class CrisisThreshold(_Strict):
    """The same for crisis, which can be made more careful but not switched off."""

    alert_level: Annotated[int, Field(ge=1, le=2)] = Field(
        2, description="Crisis findings of this level or above open a case: 1 or 2."
    )
    record_level: Annotated[int, Field(ge=1, le=2)] = Field(
        1, description="Crisis findings of this level or above are kept in the output."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _refuse_hidden_alerts(self.record_level, self.alert_level)
        return self

    @property
    def min_score(self) -> float:
        """Crisis findings are never dropped for their score."""
        return 0.0


class Thresholds(_Strict):
    """One threshold a category."""

    crisis: CrisisThreshold = Field(CrisisThreshold(), description="Signs that somebody needs help.")
    harassment: Threshold = Field(Threshold(), description="Words aimed at a person.")
    toxicity: Threshold = Field(
        Threshold(alert_level=3), description="Rude or hateful words, aimed at anybody or nobody."
    )
    rules: Threshold = Field(Threshold(alert_level=1), description="Your own words and patterns.")

    @model_validator(mode="before")
    @classmethod
    def _keep_own_defaults(cls, given: object) -> object:
        """A table that sets one field leaves the others at the defaults of ITS category."""
        if not isinstance(given, dict):
            return given
        defaults = {name: field.default.model_dump() for name, field in cls.model_fields.items()}
        return {
            name: {**defaults[name], **value} if isinstance(value, dict) and name in defaults else value
            for name, value in given.items()
        }

    def of(self, category: Category) -> Threshold | CrisisThreshold:
        """The threshold of `category`."""
        threshold: Threshold | CrisisThreshold = getattr(self, category.value)
        return threshold


class PartialThreshold(_Strict):
    """The fields of a threshold that an override changes."""

    alert_level: LevelOrNever | None = Field(None, description="Instead of the alert_level that holds elsewhere.")
    record_level: LevelOrNever | None = Field(None, description="Instead of the record_level that holds elsewhere.")
    min_score: Score | None = Field(None, description="Instead of the min_score that holds elsewhere.")


Exemptible = Literal[Category.HARASSMENT, Category.TOXICITY, Category.RULES]


class Override(_Strict):
    """Other settings for some channels or roles; later overrides win, field by field."""

    channels: frozenset[ChannelId] = Field(frozenset(), description="Channel ids; a thread counts as its channel.")
    roles: frozenset[RoleId] = Field(frozenset(), description="Role ids of the author.")
    exempt: frozenset[Exemptible] = Field(
        frozenset(), description="Categories that don't count here. Crisis can't be exempted."
    )
    thresholds: dict[Exemptible, PartialThreshold] = Field(
        default_factory=dict, description="Thresholds that differ here; what is left out stays as it is."
    )

    @model_validator(mode="after")
    def _applies_somewhere(self) -> Self:
        if not self.channels and not self.roles:
            raise ValueError("an override names at least one channel or role")
        return self


_NEED_AN_END = frozenset({ActionKind.TIMEOUT, ActionKind.SLOW_MODE, ActionKind.PURGE, ActionKind.PAUSE_JOINS})


class Step(_Strict):
    """One rung of the ladder: when it applies and what follows."""

    category: Exemptible = Field(description="Crisis has no ladder: nothing is enforced because of it.")
    kinds: frozenset[Kind] = Field(frozenset(), description="Only these kinds; empty means every kind.")
    min_level: Level = Field(3, description="Findings of this level or above.")
    min_score: Score = Field(0.5, description="Findings of this score or above.")
    after_upheld: Annotated[int, Field(ge=0, le=100)] = Field(
        0, description="Only for members with at least this many upheld conduct cases."
    )
    action: ActionKind = Field(
        description="What is done to the message, its author or the channel.",
        json_schema_extra={"enum": [kind.value for kind, law in LAWS.items() if law.enforces]},
    )
    duration_s: Annotated[int, Field(ge=0, le=366 * 86400)] = Field(
        0,
        description="Seconds, for a timeout, ban, slow mode, lock or pause of joining, and for a purge how far back; "
        "0 means without end where that exists.",
    )
    mode: Literal["automatic", "propose"] = Field(
        "propose", description="propose: a person decides on the card; automatic: it is done at once."
    )

    @property
    def lasting_s(self) -> int:
        """The effect's duration in seconds, or how far back it reaches; 0 for kinds that have none."""
        if not LAWS[self.action].takes_duration:
            return 0
        return self.duration_s or FOREVER_S

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not LAWS[self.action].enforces:
            raise ValueError(f"{self.action} is not something that a ladder can do")
        if self.duration_s and not LAWS[self.action].takes_duration:
            raise ValueError(f"{self.action} takes no duration_s")
        if self.action in _NEED_AN_END and not self.duration_s:
            raise ValueError(f"{self.action} needs a duration_s above 0")
        if wrong := self.kinds - KINDS[Category(self.category)]:
            raise ValueError(f"{self.category} has no kind {sorted(wrong)[0]}")
        return self


class Term(_Strict):
    """A word or phrase of the community's own, matched on folded whole words."""

    text: Annotated[str, Field(min_length=2, max_length=100)] = Field(description="The word or phrase.")
    level: Level = Field(1, description="How grave a match is, 1 to 4.")
    why: Annotated[str, Field(max_length=200)] = Field("", description="What moderators read on the card.")


class Pattern(_Strict):
    """A regular expression of the community's own, run by google-re2 in linear time."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="What it is called in findings.")
    pattern: Annotated[str, Field(min_length=1, max_length=MAX_PATTERN_CHARS)] = Field(
        description="The expression, in RE2 syntax."
    )
    level: Level = Field(1, description="How grave a match is, 1 to 4.")
    why: Annotated[str, Field(max_length=200)] = Field("", description="What moderators read on the card.")


class Targets(_Strict):
    """How soon somebody should have claimed a case, by its level; level 1 waits for the next shift."""

    level_4_minutes: Annotated[int, Field(ge=1, le=60)] = Field(5, description="For cases of level 4, in minutes.")
    level_3_minutes: Annotated[int, Field(ge=1, le=240)] = Field(15, description="For cases of level 3, in minutes.")
    level_2_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(120, description="For cases of level 2, in minutes.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.level_4_minutes <= self.level_3_minutes <= self.level_2_minutes:
            raise ValueError("a graver case can't have a longer target than a milder one")
        return self

    def minutes(self, level: int) -> int | None:
        """The target of a level; None for level 1."""
        return {4: self.level_4_minutes, 3: self.level_3_minutes, 2: self.level_2_minutes}.get(level)


class Raid(_Strict):
    """When many things at once become one case about the channel."""

    cases: Annotated[int, Field(ge=1, le=3)] = Field(
        3, description="After so many new cases about conduct within `minutes`, further ones become one case."
    )
    minutes: Annotated[int, Field(ge=1, le=60)] = Field(
        5, description="How long cases count for that, and for how long after its last message a raid goes on."
    )
    alike: Annotated[int, Field(ge=3, le=50)] = Field(
        3,
        description="So many like messages of three or more members within two minutes are a raid, level 3; of two "
        "members at least five. Short ones don't count.",
    )
    joins: Annotated[int, Field(ge=3, le=1000)] = Field(
        10, description="So many members who join within `join_minutes` are a raid; level 3."
    )
    join_minutes: Annotated[int, Field(ge=1, le=60)] = Field(2, description="How long joining counts for that.")
    on_joins: Literal["automatic", "propose", "alert"] = Field(
        "propose",
        description="What follows a raid of joining: propose or automatically do a pause of joining, or alert alone.",
    )
    pause_minutes: Annotated[int, Field(ge=5, le=1440)] = Field(30, description="How long joining is paused.")


class Flood(_Strict):
    """When one member writes, mentions or links too much; 0 switches a rule off."""

    messages: Annotated[int, Field(ge=0, le=50)] = Field(
        12, description="So many messages of one member within 10 seconds in a channel are a flood."
    )
    repeats: Annotated[int, Field(ge=0, le=50)] = Field(
        4, description="So many like messages of one member within a minute are a flood."
    )
    mentions: Annotated[int, Field(ge=0, le=100)] = Field(
        8, description="So many members mentioned in one message are a flood."
    )
    level: Level = Field(2, description="How grave a flood is, 1 to 4.")


class Links(_Strict):
    """Which links concern people."""

    invites: LevelOrNever = Field(
        5, description="How grave an invitation to another community is, 1 to 4; 5 lets them pass."
    )
    other: LevelOrNever = Field(5, description="How grave any other link is, 1 to 4; 5 lets them pass.")
    allowed: Annotated[frozenset[str], Field(max_length=500)] = Field(
        frozenset(), description='Hosts whose links always pass, such as "example.org"; also those below them.'
    )


class CommunityPolicy(_Strict):
    """Everything that a community's owner decides about screening."""

    version: Literal[1] = Field(1, description="The version of this file's format.")
    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        "general", description="What you call this policy."
    )
    enforcement: Literal[Enforcement.LIVE, Enforcement.SHADOW] = Field(
        Enforcement.SHADOW,
        description="shadow: automatic actions are only written down; live: they are carried out.",
    )
    thresholds: Thresholds = Field(Thresholds(), description="From where on findings concern people, by category.")
    overrides: Annotated[tuple[Override, ...], Field(max_length=200)] = Field(
        (), description="Other settings for some channels or roles."
    )
    ladder: Annotated[tuple[Step, ...], Field(max_length=100)] = Field(
        (), description="What follows a finding, from mild to harsh."
    )
    terms: Annotated[tuple[Term, ...], Field(max_length=MAX_TERMS)] = Field(
        (), description="Words and phrases of your own."
    )
    patterns: Annotated[tuple[Pattern, ...], Field(max_length=MAX_PATTERNS)] = Field(
        (), description="Regular expressions of your own."
    )
    targets: Targets = Field(Targets(), description="How soon somebody should have claimed a case.")
    rota: Rota = Field(Rota(), description="When the queue is watched, and who is on duty when.")
    crisis_alerts_per_day: Annotated[int, Field(ge=1, le=1000)] = Field(
        20,
        description="So many crisis cases of level 1 and 2 a day are alerted one by one; further ones are told "
        "together at `digest_at`. Those of level 3 and 4 are never held back.",
    )
    digest_at: TimeOfDay = Field("09:00", description="When the digest is posted, in the rota's time zone.")
    raid: Raid = Field(Raid(), description="When many things at once become one case.")
    flood: Flood = Field(Flood(), description="When one member writes, mentions or repeats too much.")
    links: Links = Field(Links(), description="Which invitations and other links concern people.")
    reports_per_day: Annotated[int, Field(ge=1, le=50)] = Field(
        3, description="How many messages a member can report a day."
    )
    lease_minutes: Annotated[int, Field(ge=1, le=240)] = Field(
        15, description="How long a claim lives without a sign of its holder."
    )
    context_messages: Annotated[int, Field(ge=0, le=10)] = Field(
        10, description="How many earlier messages are sealed with a case."
    )

    @property
    def lease(self) -> timedelta:
        """How long a claim lives without a sign of its holder."""
        return timedelta(minutes=self.lease_minutes)

"""What members are told about their data, as it follows from how things are set up now. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.care.erasing import Stays
from core.flow.conversation import WINDOW_MESSAGES
from core.flow.going import GRACE, GRACE_UNSEEN
from core.flow.pacing import FORGOTTEN_AFTER
from core.flow.planning import TEXT_LIVES, TEXT_LIVES_AFTER_CLOSE
from core.model.advancing import MAX_HOLD
from core.model.card import Text
from core.model.case import COUNTS_FOR, CaseId, Enforcement
from core.model.community import Community
from core.model.finding import Category
from core.model.policy import CommunityPolicy
from core.model.preference import Preference
from core.model.record import DONE_KEPT_FOR

NEVER = 5
"""The level from which a category that concerns nobody would alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seers:
    """How many people see something; `is_open_ended` where only the platform knows who holds the role."""

    known: int
    is_open_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What decides how a community's messages are dealt with.

    Attributes:
        is_noticed: Whether crisis screening takes place at all.
        leaves: What is sent elsewhere, one text each; nothing unless whoever runs the bot set it up.
    """

    community: Community
    policy: CommunityPolicy
    is_noticed: bool
    moderators: Seers
    responders: Seers
    leaves: Sequence[Text] = ()


def on_use(up: SetUp, chosen: Preference) -> Iterable[Text]:
    """What is looked at and why, what follows, who sees it, and whether anything leaves."""
    yield Text(key="privacy.looks", params={"community": up.community.name})
    for category, key in _LOOKED_FOR.items():
        if _counts(up.policy, category):
            yield Text(key=key)
    yield Text(key="privacy.looks.rules")
    yield _on_crisis(up, chosen)
    yield Text(key="privacy.follows.automatic" if _acts_by_itself(up.policy) else "privacy.follows.people")
    yield _seen_by(up.moderators, "privacy.seen.conduct", "privacy.seen.conduct_role")
    if up.responders.known or up.responders.is_open_ended:
        yield _seen_by(up.responders, "privacy.seen.crisis", "privacy.seen.crisis_role")
    else:
        yield Text(key="privacy.seen.crisis_owners")
    yield Text(key="privacy.seen.host")
    yield Text(key="privacy.leaves.something" if up.leaves else "privacy.leaves.nothing")
    yield from up.leaves
    if chosen.no_contact:
        yield Text(key="privacy.yours.quiet")
    if chosen.no_crisis_screening:
        yield Text(key="privacy.yours.unscreened")


def on_keeping(policy: CommunityPolicy) -> Iterable[Text]:
    """What is kept, and until when."""
    lives = {"hours": _hours(TEXT_LIVES_AFTER_CLOSE), "days": TEXT_LIVES.days}
    yield Text(key="privacy.kept.nothing", params={"n": WINDOW_MESSAGES})
    if policy.context_messages:
        yield Text(key="privacy.kept.words", params={"n": policy.context_messages, **lives})
    else:
        yield Text(key="privacy.kept.words_alone", params=lives)
    yield Text(key="privacy.kept.held", params={"n": MAX_HOLD.days})
    yield Text(key="privacy.kept.crisis", params={"n": FORGOTTEN_AFTER.days})
    yield Text(key="privacy.kept.conduct", params={"n": COUNTS_FOR.days})
    yield Text(key="privacy.kept.reports", params={"n": COUNTS_FOR.days})
    yield Text(key="privacy.kept.marks", params={"n": DONE_KEPT_FOR.days})
    yield Text(key="privacy.kept.choices")
    yield Text(key="privacy.kept.log")
    yield Text(key="privacy.kept.backups")
    yield Text(key="privacy.kept.left", params={"n": _hours(GRACE)})
    yield Text(key="privacy.kept.left_unseen", params={"days": GRACE_UNSEEN.days})


def on_choices(chosen: Preference, *, is_noticed: bool) -> Iterable[Text]:
    """What was chosen, what that does and what it doesn't."""
    yield Text(key="privacy.quiet.yes" if chosen.no_contact else "privacy.quiet.no")
    if chosen.no_crisis_screening:
        yield Text(key="privacy.unscreened.yes")
    else:
        yield Text(key="privacy.unscreened.no" if is_noticed else "privacy.unscreened.no_notice")
    yield Text(key="privacy.optout.goes_on")
    yield Text(key="privacy.optout.yours")


def on_staying(stays: Stays, chosen: Preference, *, is_of_the_desk: bool) -> Iterable[Text]:
    """What an erasure leaves, nothing where it leaves nothing."""
    if stays.undecided:
        yield Text(key="privacy.stays.open", params=_named(stays.undecided))
    if stays.in_force:
        yield Text(key="privacy.stays.in_force", params=_named(stays.in_force))
    if chosen.no_contact or chosen.no_crisis_screening:
        yield Text(key="privacy.stays.choices")
    if is_of_the_desk:
        yield Text(key="privacy.stays.desk")


_LOOKED_FOR = {Category.HARASSMENT: "privacy.looks.harassment", Category.TOXICITY: "privacy.looks.toxicity"}
"""What a policy can leave alone altogether; spam and raids are looked for under every one."""


def _counts(policy: CommunityPolicy, category: Category) -> bool:
    levels = [policy.thresholds.of(category).alert_level, policy.thresholds.of(category).record_level]
    return min(levels) < NEVER


def _on_crisis(up: SetUp, chosen: Preference) -> Text:
    if not up.is_noticed:
        return Text(key="privacy.looks.no_notice")
    return Text(key="privacy.looks.not_you" if chosen.no_crisis_screening else "privacy.looks.crisis")


def _acts_by_itself(policy: CommunityPolicy) -> bool:
    return policy.enforcement is Enforcement.LIVE and any(step.mode == "automatic" for step in policy.ladder)


def _seen_by(seers: Seers, counted: str, open_ended: str) -> Text:
    return Text(key=open_ended) if seers.is_open_ended else Text(key=counted, params={"n": seers.known})


def _named(cases: Sequence[CaseId]) -> dict[str, str | int]:
    return {"n": len(cases), "cases": ", ".join(cases)}


def _hours(time: timedelta) -> int:
    return int(time.total_seconds()) // 3600

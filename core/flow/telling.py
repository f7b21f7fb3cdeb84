"""What owners are told in private about their community: an action without a case, its words within. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from core.flow.naming import action_key
from core.model.action import LAWS, ActionKind
from core.model.card import Text
from core.model.case import CaseId
from core.model.message import CommunityId, MemberId
from core.model.record import Action

TEXT = "text"
"""The parameter that holds the key of the words; all others are its parameters."""


def owner_actions(
    community: CommunityId,
    owners: Iterable[MemberId],
    text: str,
    params: Mapping[str, str],
    now: datetime,
    *,
    once: str = "",
) -> tuple[Action, ...]:
    """One private message to each owner.

    Args:
        text: A key that begins with `owner.`; `params` are short facts, never what somebody said.
        once: What this is about: the same thing, said with the same `once`, is said once. "" is new every time.
    """
    law = LAWS[ActionKind.TELL_OWNER]
    return tuple(
        Action(
            key=action_key(
                CaseId(""), 0, ActionKind.TELL_OWNER, f"{community} {owner} {text} {once or now.isoformat()}"
            ),
            community=community,
            case_id=CaseId(""),
            version=0,
            kind=ActionKind.TELL_OWNER,
            lane=law.lane,
            target=owner,
            params={TEXT: text, **params},
        )
        for owner in sorted(set(owners))
    )


def owner_words(action: Action) -> Text:
    """What the owner reads."""
    return Text(key=action.params[TEXT], params={n: v for n, v in action.params.items() if n != TEXT})

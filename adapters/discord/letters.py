"""What a member is told in private: a sanction, why, until when, how to appeal; or a page, such as an offer of help.

A member can refuse private messages; then it fails and says so. One whose outcome is unknown is never repeated.
"""

from collections.abc import Callable
from dataclasses import replace

import discord

from adapters.discord.cards import escaped
from adapters.discord.pages import Written, shown, written
from core.care.unanswered import askable, below_letter, without_answers
from core.errors import GaveUp
from core.flow.noticing import BY, can_be_appealed
from core.model.action import ActionKind
from core.model.card import Text
from core.model.community import Community
from core.model.order import Order
from core.ports import Texts

LETTER_KINDS = frozenset({ActionKind.WARN, ActionKind.NOTICE, ActionKind.SUPPORT_MESSAGE})
NONCE_CHARS = 25

Say = Callable[[Text], str]


class Letters:
    """Writes to members."""

    def __init__(self, *, texts: Texts, locale: str) -> None:
        self._texts = texts
        self._locale = locale

    async def send(self, client: discord.Client, community: Community, order: Order) -> str:
        """Returns `<channel>:<message id>`. Raises: what discord.py raises, and `GaveUp` where there are no words."""
        words = self._written(order, community)
        if not (order.action.target.isascii() and order.action.target.isdigit()):
            raise GaveUp(reason="its target has no id of Discord's")
        place = await client.create_dm(discord.Object(int(order.action.target)))
        message = await place.send(
            words.content,
            embed=words.embed or discord.utils.MISSING,
            view=words.view or discord.utils.MISSING,
            suppress_embeds=not words.more,
            nonce=order.action.key[:NONCE_CHARS],
            allowed_mentions=discord.AllowedMentions.none(),
        )
        return f"{place.id}:{message.id}"

    def _written(self, order: Order, community: Community) -> Written:
        if order.page is None:
            return Written(content=letter(order, community, lambda text: self._texts.render(text, self._locale)))
        people = [f"<@{each}>" for each in askable(community, order.action.params.get(BY, ""))]
        below = self._texts.render(
            below_letter(replace(community, name=shown(community.name)), people), order.page.locale
        )
        return written(without_answers(order.page), self._texts, below=below)


def letter(order: Order, community: Community, say: Say) -> str:
    """The words: which community it is about, what happened there, and how to appeal. Raises: `GaveUp`."""
    action, name = order.action, escaped(community.name)
    if order.notice is not None and action.kind is not ActionKind.SUPPORT_MESSAGE:
        parts = [Text(key="letter.from", params={"community": name}), _local(order.notice, order)]
        if can_be_appealed(action):
            params = {"community": name, "case": action.case_id}
            parts.append(Text(key="letter.appeal_to_moderator", params=params))
        return "\n\n".join(say(part) for part in parts)
    if action.kind is not ActionKind.WARN:
        raise GaveUp(reason="there are no words to send")
    key = "letter.warn" if action.params.get("by") else "letter.automatic_warn"
    return say(Text(key=key, params={"community": name}))


def _local(notice: Text, order: Order) -> Text:
    """Its end as every reader sees it in their own time zone; its other parameters are words of ours and ids."""
    until = order.action.until
    if until is None or "until" not in notice.params:
        return notice
    return Text(key=notice.key, params={**notice.params, "until": discord.utils.format_dt(until, "f")})

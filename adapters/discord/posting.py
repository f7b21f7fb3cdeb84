"""Cards on Discord: posted once, edited in place, posted anew with a mention when somebody has to be called.

A send whose outcome is unknown is repeated under the same nonce, which Discord recognises for some minutes. Older
ones, and those that a process before this one may have sent, are looked for in the channel first.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

import discord

from adapters.discord.cards import embed_of, embed_of_words, escaped, reference_of
from adapters.discord.targets import target_of
from core.errors import GaveUp
from core.model.card import Card, Text
from core.model.case import Concern
from core.model.community import Community
from core.model.message import RoleId
from core.model.order import Order
from core.model.people import Role
from core.ports import Clock, Texts

NONCE_CHARS = 25
NONCE_HOLDS_FOR = timedelta(minutes=2)
"""How long Discord is trusted to recognise a repeated nonce; it says "a few minutes"."""

PERHAPS_SENT_BEFORE = timedelta(minutes=10)
"""Delivery hands out everything that was left by an earlier process within this time."""

LOOK_BACK = 100
MENTIONS = 30
"""Members, and as many roles: more would not fit beside the text."""
KEPT = 10_000


class Posting:
    """Posts, finds and edits cards."""

    def __init__(self, *, clock: Clock, texts: Texts, locale: str) -> None:
        self._clock = clock
        self._texts = texts
        self._locale = locale
        self._first_at: datetime | None = None
        self._sent_at: OrderedDict[str, datetime | None] = OrderedDict()

    def expect(self, key: str) -> None:
        """Remember that this card is to be posted, before anything can delay it."""
        now = self._clock.now()
        self._first_at = self._first_at or now
        is_perhaps_sent = now - self._first_at < PERHAPS_SENT_BEFORE
        self._sent_at.setdefault(key, None if is_perhaps_sent else now)
        if len(self._sent_at) > KEPT:
            self._sent_at.popitem(last=False)

    async def post(self, client: discord.Client, community: Community, order: Order) -> str:
        """Post a card, and call whom it calls; returns `<channel>:<message id>`, of the one posted before if there is.

        Several messages may come of one case: an alert, and a page for every step of its chain.
        """
        card = _card(order)
        users, roles = called(card, community)
        people = " ".join([*(f"<@{each}>" for each in users), *(f"<@&{each}>" for each in roles)])
        return await self._sent(
            client,
            client.get_partial_messageable(int(channel_for(card, community))),
            order,
            content=self._said("card.page", people=people) if people else None,
            mentions=discord.AllowedMentions(
                everyone=False,
                replied_user=False,
                users=[discord.Object(int(each)) for each in users],
                roles=[discord.Object(int(each)) for each in roles],
            ),
        )

    async def tell(self, client: discord.Client, community: Community, order: Order) -> str:
        """Send a card to one person in private, where nothing says what community it is about; returns as `post`."""
        _card(order)
        place = await client.create_dm(discord.Object(target_of(order.action)))
        content = self._said("card.told", community=escaped(community.name))
        return await self._sent(client, place, order, content=content, mentions=discord.AllowedMentions.none())

    async def tell_owner(self, client: discord.Client, community: Community, order: Order) -> str:
        """Say something about the community to one of its owners in private; returns as `post`."""
        if order.notice is None:
            raise GaveUp(reason="there are no words to send")
        place = await client.create_dm(discord.Object(target_of(order.action)))
        content = self._said("letter.from", community=escaped(community.name))
        return await self._sent(client, place, order, content=content, mentions=discord.AllowedMentions.none())

    def _embed(self, order: Order) -> discord.Embed:
        reference = reference_of(order.action)
        if order.notice is not None:
            return embed_of_words(order.notice, reference, self._texts, self._locale)
        return embed_of(_card(order), reference, self._texts, self._locale)

    async def _sent(
        self,
        client: discord.Client,
        place: discord.PartialMessageable | discord.DMChannel,
        order: Order,
        *,
        content: str | None,
        mentions: discord.AllowedMentions,
    ) -> str:
        key, reference = order.action.key, reference_of(order.action)
        sent_at = self._sent_at.get(key)
        if sent_at is None or self._clock.now() - sent_at > NONCE_HOLDS_FOR:
            found = await _posted_before(client, place, reference)
            if found:
                return f"{place.id}:{found}"
        self._sent_at[key] = self._clock.now()
        message = await place.send(
            content=content,
            embed=self._embed(order),
            nonce=key[:NONCE_CHARS],
            allowed_mentions=mentions,
        )
        return f"{place.id}:{message.id}"

    async def refresh(self, client: discord.Client, order: Order) -> str:
        """Edit a posted card for everybody; an edit notifies nobody."""
        channel, _, message = order.receipt.partition(":")
        if not (channel.isdigit() and message.isdigit()):
            raise GaveUp(reason="the card to refresh is not known")
        place = client.get_partial_messageable(int(channel))
        await place.get_partial_message(int(message)).edit(
            embed=embed_of(_card(order), reference_of(order.action), self._texts, self._locale),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        return order.receipt

    def _said(self, key: str, **params: str) -> str:
        return self._texts.render(Text(key=key, params=params), self._locale)


def channel_for(card: Card, community: Community) -> str:
    """Where a card belongs: crisis has a place of its own."""
    return community.crisis_alerts if card.concern is Concern.CRISIS else community.alerts


def called(card: Card, community: Community) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Members and roles that a card mentions: its audience alone, and those behind it where nobody is in it."""
    audience = card.audience
    if audience is None:
        return (), ()
    roles = {
        Role.RESPONDER: community.responder_roles,
        Role.MODERATOR: community.moderator_roles,
        Role.OWNER: frozenset[RoleId](),
    }[audience.role]
    listed, held = _ids(audience.members), _ids(sorted(roles)) if audience.is_everybody else ()
    return (listed, held) if listed or held else (_ids(audience.behind), ())


def _ids(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(each for each in ids if each.isascii() and each.isdigit())[:MENTIONS]


def _card(order: Order) -> Card:
    if order.card is None:
        raise GaveUp(reason="there is no card to post")
    return order.card


async def _posted_before(
    client: discord.Client, place: discord.PartialMessageable | discord.DMChannel, reference: str
) -> int | None:
    own = client.user.id if client.user else 0
    async for message in place.history(limit=LOOK_BACK):
        footer = message.embeds[0].footer.text if message.embeds else None
        if message.author.id == own and footer == reference:
            return message.id
    return None

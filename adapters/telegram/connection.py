"""The connection to Telegram: asks for updates, keeps them, and only then lets Telegram forget them.

A request for updates confirms all those below its offset, so the offset only passes what the intake has. What was not
confirmed comes again, after a kill too, and the event's key drops the doubles. Telegram keeps updates for 24 hours.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from telegram import Update
from telegram.constants import UpdateType
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.acquaintance import Acquaintance
from adapters.telegram.api import API_URL, POLL_S, SETTING, Api
from adapters.telegram.board import TelegramBoard
from adapters.telegram.cards import CardWriter
from adapters.telegram.enforcing import Enforcer
from adapters.telegram.groups import Groups
from adapters.telegram.incoming import Incoming
from adapters.telegram.names import Names
from adapters.telegram.pace import Pace
from adapters.telegram.platform import TelegramPlatform
from adapters.telegram.refusals import wait_of
from core.errors import ConfigurationRefused, GaveUp, Unavailable
from core.member_ports import Board
from core.model.card import Text
from core.model.community import Community
from core.model.event import Event
from core.model.message import CommunityId, MemberId, RoleId
from core.ports import Clock, Intake, Link, Notices, Platform, Texts

ALLOWED_UPDATES = (
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.MY_CHAT_MEMBER,
    UpdateType.CHAT_MEMBER,
)
BATCH = 100
PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
TELL_AFTER = 3
"""Failures in a row after which people are told that Telegram can't be reached."""

CONFLICT_PAUSE_S = 15.0
CONFLICTS = 4
"""Refusals in a row before giving up: the request of a process that was killed can linger longer than `POLL_S`."""

KEPT_BY_TELEGRAM = timedelta(hours=24)
CLOSING_S = 10.0

_STARTING = Link(problem=Text(key="link.telegram_starting"))
_log = structlog.get_logger(__name__)


def connect(
    *,
    token: str,
    communities: Mapping[CommunityId, Community],
    intake: Intake,
    clock: Clock,
    notices: Notices,
    texts: Texts,
    base_url: str = API_URL,
    locale: str = "en",
) -> "TelegramConnection":
    """A connection that nothing was asked through yet.

    Raises: `ConfigurationRefused` for a token or an id that can't be one.
    """
    groups = Groups(communities, notices)
    api = Api(token, base_url)
    names = Names()
    pace = Pace(clock)
    platform = TelegramPlatform(
        bot=api.bot,
        groups=groups,
        writer=CardWriter(texts=texts, locale=locale, names=names),
        enforcer=Enforcer(bot=api.bot, clock=clock, notices=notices),
        pace=pace,
    )
    return TelegramConnection(
        api=api,
        platform=platform,
        board=TelegramBoard(
            bot=api.bot, me=api.me, groups=groups, texts=texts, pace=pace, clock=clock, counted=platform.counted
        ),
        groups=groups,
        names=names,
        acquaintance=Acquaintance(
            bot=api.bot, me=api.me, groups=groups, names=names, pace=pace, clock=clock, notices=notices
        ),
        intake=intake,
        clock=clock,
        notices=notices,
    )


class TelegramConnection:
    """Speaks `core.ports.Connection`; made by `connect`."""

    def __init__(
        self,
        *,
        api: Api,
        platform: TelegramPlatform,
        board: TelegramBoard,
        groups: Groups,
        names: Names,
        acquaintance: Acquaintance,
        intake: Intake,
        clock: Clock,
        notices: Notices,
    ) -> None:
        self._api = api
        self._platform = platform
        self._board = board
        self._names = names
        self._acquaintance = acquaintance
        self._incoming = Incoming(groups, names, clock)
        self._intake = intake
        self._clock = clock
        self._notices = notices
        self._link = _STARTING
        self._offset: int | None = None
        self._answered_at: datetime | None = None
        self._dropped = 0

    @property
    def platform(self) -> Platform:
        return self._platform

    @property
    def board(self) -> Board:
        return self._board

    @property
    def link(self) -> Link:
        return self._link

    @property
    def dropped(self) -> int:
        """How many updates could not be understood."""
        return self._dropped

    def name_of(self, member: str) -> str:
        return self._names.of_member(member)

    def channel_name(self, channel: str) -> str:
        return self._names.of_channel(channel)

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[RoleId]:
        """Nothing: Telegram has no roles; moderators and responders are named one by one."""
        return frozenset()

    async def run(self) -> None:
        learning = asyncio.create_task(self._acquaintance.make(self._take_in), name="learn telegram's names")
        try:
            await self._receive()
        finally:
            learning.cancel()
            with suppress(asyncio.CancelledError):
                await learning
            if self._link.is_up:
                self._down(Text(key="link.telegram_starting"))

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await self._platform.settled()
        await self._api.close()

    async def _receive(self) -> None:
        failures = conflicts = 0
        while True:
            try:
                updates = await self._asked()
            except InvalidToken:
                self._down(Text(key="link.telegram_token"))
                raise ConfigurationRefused(
                    SETTING, "Telegram refuses this token", "ask @BotFather for a new one with /token"
                ) from None
            except Conflict:
                conflicts += 1
                self._tell_conflict()
                if conflicts >= CONFLICTS:
                    raise ConfigurationRefused(
                        SETTING,
                        "another program receives this bot's messages, by polling or by a webhook",
                        "stop it, or ask @BotFather for a bot of its own",
                    ) from None
                await self._clock.sleep(CONFLICT_PAUSE_S)
            except RetryAfter as error:
                await self._clock.sleep(wait_of(error).total_seconds())
            except (TelegramError, KeyError) as error:
                failures += 1
                self._tell_unreachable(error, failures)
                await self._clock.sleep(PAUSES_S[min(failures, len(PAUSES_S)) - 1])
            else:
                failures = conflicts = 0
                self._up()
                await self._keep(updates)

    async def _asked(self) -> Sequence[Update]:
        """The next updates; once this returned, those below the offset are forgotten by Telegram.

        The first answer is not waited for: it shows at once whether the connection stands.
        """
        wait_s = POLL_S if self._link.is_up else 0
        return await self._api.bot.get_updates(
            offset=self._offset, limit=BATCH, timeout=wait_s, allowed_updates=list(ALLOWED_UPDATES)
        )

    async def _keep(self, updates: Sequence[Update]) -> None:
        for update in updates:
            self._incoming.learn_move(update)
        events = [event for each in updates if (event := await self._event(each)) is not None]
        if events:
            await self._append(events)
            self._link = replace(self._link, last_event_at=self._clock.now())
        # after a quiet week Telegram numbers from anywhere anew, so an offset is only kept until it did its work
        self._offset = updates[-1].update_id + 1 if updates else None

    async def _take_in(self, event: Event) -> None:
        await self._append([event])

    async def _event(self, update: Update) -> Event | None:
        try:
            if update.my_chat_member:
                self._acquaintance.note(update.my_chat_member)
                return await self._acquaintance.going(update.my_chat_member)
            if update.message or update.edited_message or update.chat_member:
                return self._incoming.event(update)
            if not _is_spoilt(update):
                return None
        except Exception as error:  # noqa: BLE001 - one update's boundary: the others go on
            _log.warning("update_dropped", platform="telegram", error=type(error).__name__)
        self._tell_dropped()
        return None

    async def _append(self, events: Sequence[Event]) -> None:
        """Tried until it is stored; Telegram keeps what comes meanwhile."""
        is_waiting = False
        while True:
            try:
                await self._intake.append(events)
            except Unavailable:
                if not is_waiting:
                    self._link = replace(self._link, problem=Text(key="link.telegram_store"))
                is_waiting = True
                await self._clock.sleep(1.0)
            except GaveUp:
                if len(events) == 1:
                    self._tell_dropped()
                    return
                for event in events:
                    await self._append([event])
                return
            else:
                if is_waiting:
                    self._link = replace(self._link, problem=None)
                return

    def _up(self) -> None:
        now = self._clock.now()
        if not self._link.is_up:
            self._link = replace(self._link, is_up=True, since=now, problem=None)
            for key in ("telegram.unreachable", "telegram.two_pollers"):
                self._notices.clear_notice(key)
        if self._answered_at is not None and now - self._answered_at > KEPT_BY_TELEGRAM:
            since, until = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (self._answered_at, now))
            self._notices.raise_notice(
                "telegram.missed", Text(key="notice.telegram_missed", params={"since": since, "until": until})
            )
        self._answered_at = now

    def _down(self, problem: Text) -> None:
        since = self._clock.now() if self._link.is_up or self._link.since is None else self._link.since
        self._link = replace(self._link, is_up=False, since=since, problem=problem)

    def _tell_conflict(self) -> None:
        self._down(Text(key="link.telegram_two_pollers"))
        self._notices.raise_notice("telegram.two_pollers", Text(key="notice.telegram_two_pollers"))

    def _tell_unreachable(self, error: Exception, failures: int) -> None:
        self._down(Text(key="link.telegram_unreachable"))
        _log.warning("telegram_unreachable", platform="telegram", error=type(error).__name__, attempts=failures)
        if failures >= TELL_AFTER:
            self._notices.raise_notice("telegram.unreachable", Text(key="notice.telegram_unreachable"))

    def _tell_dropped(self) -> None:
        self._dropped += 1
        self._notices.raise_notice(
            "telegram.dropped", Text(key="notice.telegram_dropped", params={"count": self._dropped})
        )


def _is_spoilt(update: Update) -> bool:
    """Whether its content could not be read (`adapters.telegram.api`), rather than being of a sort nobody asked for."""
    return not update.api_kwargs and not any(getattr(update, name, None) for name in Update.ALL_TYPES)

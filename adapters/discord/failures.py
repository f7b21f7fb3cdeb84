"""What a failed call to Discord means for whoever ordered it (reliability's table, as code).

Discord's own words may quote what was sent, so none of them travels on: only the status and its numeric code do.
"""

from datetime import timedelta

import aiohttp
import discord

from adapters.discord.permissions import NEEDED
from core.errors import AlreadyDone, GaveUp, LightkeeperError, NotAllowed, RetryLater
from core.model.action import LAWS, ActionKind, Retry

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, RuntimeError)
"""What discord.py raises for a call that did not work; a closed session is a `RuntimeError`."""

BOARD_FULL = 30003
"""As many messages are pinned in the channel as Discord allows."""

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
TAKES_NO_MESSAGES = frozenset({50007, 50278})
"""The member's settings, or no common server, keep the bot's direct messages out."""

LETTERS_TOO_FAST = 40003
"""So many private talks were opened that Discord wants no more for now."""

WITHOUT_A_WAIT = timedelta(seconds=60)
"""How long to wait where Discord refuses for too many requests and doesn't say how long."""

_K = ActionKind
_CARDS = frozenset({_K.ALERT, _K.PAGE, _K.DIGEST, _K.REFRESH_CARD})
_TOLD = frozenset({_K.TELL, _K.TELL_OWNER})
_GONE_IS_DONE = frozenset({_K.DELETE, _K.PURGE, _K.UNBAN, _K.LIFT_TIMEOUT, _K.KICK, _K.UNLOCK, _K.LIFT_SLOW_MODE})


def meaning_of(error: BaseException, kind: ActionKind) -> LightkeeperError:
    """What `Platform.perform` raises for one of `FAILURES`."""
    if isinstance(error, discord.RateLimited):
        return RetryLater(reason="Discord asked to wait", after=timedelta(seconds=max(error.retry_after, 0.1)))
    if isinstance(error, discord.HTTPException):
        return _answered(error, kind)
    if isinstance(error, aiohttp.ClientConnectorError):  # nothing was sent
        return RetryLater(reason="Discord can't be reached")
    return _unsure(f"no answer from Discord ({type(error).__name__})", kind)


def lacks(missing: str, place: str) -> NotAllowed:
    """Permissions that the bot lacks somewhere."""
    return NotAllowed(reason=f"the bot lacks {missing} in {place}", permission=missing)


def board_is_full(place: str) -> NotAllowed:
    """A channel that takes no more pins."""
    return NotAllowed(reason=f"no more messages can be pinned in {place}: unpin one of them first")


def meaning_on_board(error: BaseException, *, missing: str, place: str) -> LightkeeperError:
    """What `Board.keep` and `drop` raise for one of `FAILURES`: every step of theirs may be repeated.

    Args:
        missing: The permissions that the bot needs there, as far as they are known to be missing.
        place: What people call the channel.
    """
    if isinstance(error, discord.RateLimited):
        return RetryLater(reason="Discord asked to wait", after=timedelta(seconds=max(error.retry_after, 0.1)))
    if not isinstance(error, discord.HTTPException):
        return RetryLater(reason=f"no answer from Discord ({type(error).__name__})")
    match error.status:
        case 429:
            return RetryLater(reason="Discord asked to wait", after=_retry_after(error))
        case 401:
            return NotAllowed(reason="Discord does not accept the bot's token any more")
        case 403:
            return lacks(missing, place)
        case 404 if error.code == UNKNOWN_MESSAGE:
            return RetryLater(reason="it was taken away meanwhile")
        case 404:
            return GaveUp(reason="the channel is not there any more")
        case status if status >= 500:
            return RetryLater(reason=f"Discord is in trouble ({status})")
        case _ if error.code == BOARD_FULL:
            return board_is_full(place)
        case status:
            return GaveUp(reason=f"Discord refused the request ({status}, code {error.code})")


def _answered(error: discord.HTTPException, kind: ActionKind) -> LightkeeperError:
    match error.status:
        case 429:
            return RetryLater(reason="Discord asked to wait", after=_retry_after(error))
        case _ if error.code == LETTERS_TOO_FAST:
            return RetryLater(reason="Discord asked to wait", after=WITHOUT_A_WAIT)
        case 401:
            return NotAllowed(reason="Discord does not accept the bot's token any more")
        case 403 if kind in _TOLD:
            return NotAllowed(reason="this person takes no direct messages from the bot")
        case 403 if error.code in TAKES_NO_MESSAGES:
            return GaveUp(reason="this member takes no direct messages from the bot")
        case 403:
            permission = NEEDED.get(kind, "")
            return NotAllowed(
                reason=f"the bot needs {permission}" if permission else "Discord does not let it", permission=permission
            )
        case 404:
            return _not_found(error.code, kind)
        case status if status >= 500:
            return _unsure(f"Discord is in trouble ({status})", kind)
        case status:
            return GaveUp(reason=f"Discord refused the request ({status}, code {error.code})")


def _not_found(code: int, kind: ActionKind) -> LightkeeperError:
    if kind in _GONE_IS_DONE:
        return AlreadyDone(reason="what it was about is gone")
    if kind is ActionKind.REFRESH_CARD and code in {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL}:
        return AlreadyDone(reason="the card was taken away")
    if kind in _TOLD:
        return NotAllowed(reason="this person is not on Discord any more")
    if kind in _CARDS:
        return NotAllowed(reason="the channel for alerts is not there any more")
    return GaveUp(reason="who or what it was about is not there any more")


def _unsure(reason: str, kind: ActionKind) -> LightkeeperError:
    """It may have happened: only what must never be done twice is given up."""
    if LAWS[kind].retry is Retry.NEVER:
        return GaveUp(reason=reason, unknown=True)
    return RetryLater(reason=reason)


def _retry_after(error: discord.HTTPException) -> timedelta:
    said = error.response.headers.get("Retry-After", "")
    try:
        return max(timedelta(seconds=float(said)), timedelta(seconds=0.1))
    except ValueError:
        return WITHOUT_A_WAIT

"""What an error of the Bot API means for Delivery: come again, done already, not allowed, or nobody knows.

Telegram words most refusals in prose under one code, so its well-known words are matched here. Our reasons are our
own words: a description may quote what was sent.
"""

import re
from datetime import timedelta

import httpx
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from core.errors import AlreadyDone, GaveUp, LightkeeperError, NotAllowed, RetryLater
from core.model.action import LAWS, ActionKind, Retry

TOKEN_WAIT = timedelta(minutes=1)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, RuntimeError)
"""Why a request never left this machine; a closed client is a `RuntimeError`."""
_CODE = re.compile(r"[A-Z][A-Z_]{4,60}")

_UNCHANGED = "message is not modified"
_GONE = ("message to delete not found", "message to edit not found", "message can't be edited", "message_id_invalid")
_ALREADY = (
    "message to delete not found",
    "message to edit not found",
    _UNCHANGED,
    "topic_not_modified",
    "chat_not_modified",
)
_NOT_THERE = ("user not found", "participant_id_invalid", "user_not_participant", "member not found", "user_id_invalid")
_MISSING = {
    "can_delete_messages": ("message can't be deleted", "message_delete_forbidden"),
    "can_pin_messages": ("not enough rights to manage pinned", "not enough rights to pin", "pin_restricted"),
    "can_restrict_members": ("not enough rights to restrict", "chat_admin_required"),
    "can_post": (
        "not enough rights to send",
        "have no rights to send",
        "chat_write_forbidden",
        "topic_closed",
        "need administrator rights in the channel",
    ),
    "administrator": ("not enough rights", "need administrator rights", "administrator rights"),
}
_LACKS = {
    "can_pin_messages": "the bot may not pin messages there",
    "can_delete_messages": "the bot lacks can_delete_messages, or the message is older than 48 hours",
    "can_post": "the bot may not write there",
    "administrator": "the bot is not an administrator there, or lacks a right for it",
}
_BARRED = {
    "is an administrator": "Telegram lets bots do nothing to a group's administrators",
    "user_admin_invalid": "Telegram lets bots do nothing to a group's administrators",
    "chat owner": "Telegram lets bots do nothing to a group's owner",
    "restrict self": "the bot can't do this to itself",
    "available only for supergroups": "Telegram offers this in supergroups only; give the group a public link once",
    "available for supergroup": "Telegram offers this in supergroups only; give the group a public link once",
    "chat not found": "the chat is gone, or the bot was never in it",
    "message thread not found": "the topic is gone",
    "thread_not_found": "the topic is gone",
    "not a member": "the bot is not in the chat",
    "was kicked": "the bot was removed from the chat",
}
_INITIATE = "can't initiate conversation"
_UNREACHABLE = {
    _INITIATE: "the member never wrote to the bot, and Telegram lets bots write first to nobody",
    "peer_id_invalid": "the member never wrote to the bot, and Telegram lets bots write first to nobody",
    "blocked by the user": "the member blocked the bot",
    "user is deactivated": "the account was deleted",
}
_PLACE_GONE = ("chat not found", "message thread not found", "thread_not_found")
_NEVER_WROTE = "chat not found"
"""What Telegram says of a private chat that there never was."""

_TOLD = frozenset({ActionKind.TELL, ActionKind.TELL_OWNER})
_PRIVATE = _TOLD | {ActionKind.NOTICE, ActionKind.WARN, ActionKind.SUPPORT_MESSAGE}
_ABSENCE_IS_DONE = frozenset({ActionKind.UNBAN, ActionKind.LIFT_TIMEOUT, ActionKind.KICK})


def meaning(error: TelegramError, kind: ActionKind) -> LightkeeperError:
    """What Delivery does after `error` in an action of that kind: one of the four that `Platform.perform` raises."""
    match error:
        case RetryAfter():
            return RetryLater(reason="Telegram asks to wait", after=wait_of(error))
        case InvalidToken():
            return RetryLater(reason="Telegram refuses the bot's token", after=TOKEN_WAIT)
        case ChatMigrated():
            return RetryLater(reason="the group became a supergroup", after=timedelta(seconds=1))
        case Forbidden() | BadRequest():
            return _refusal(str(error), kind)
        case NetworkError():
            return _broken(error, kind)
        case _:
            return GaveUp(reason="Telegram's answer can't be read", unknown=True)


def meaning_on_board(error: TelegramError) -> LightkeeperError:
    """What `Board.keep` and `drop` raise: every step of theirs may be repeated."""
    match error:
        case RetryAfter() | InvalidToken() | ChatMigrated():
            return meaning(error, ActionKind.REFRESH_CARD)
        case Forbidden() | BadRequest():
            words = str(error).lower()
            if any(each in words for each in _PLACE_GONE):
                return GaveUp(reason="the chat or the topic is not there any more")
            if "chat_admin_required" in words:
                return lacks_pinning()
            refusal = _refusal(str(error), ActionKind.REFRESH_CARD)
            return RetryLater(reason="it was taken away meanwhile") if isinstance(refusal, AlreadyDone) else refusal
        case _:
            return RetryLater(reason="Telegram can't be reached, or its answer can't be read")


def lacks_pinning() -> NotAllowed:
    """The bot has no right to pin."""
    return NotAllowed(reason=_LACKS["can_pin_messages"], permission="can_pin_messages")


def is_unchanged(error: BadRequest) -> bool:
    """Whether an edit was refused because the message says just that."""
    return _UNCHANGED in str(error).lower()


def is_gone(error: BadRequest) -> bool:
    """Whether there is no such message of the bot's any more."""
    return any(each in str(error).lower() for each in _GONE)


def wait_of(error: RetryAfter) -> timedelta:
    """How long Telegram asks to wait, at least a second."""
    wait = error.retry_after
    return max(wait if isinstance(wait, timedelta) else timedelta(seconds=wait), timedelta(seconds=1))


def _refusal(description: str, kind: ActionKind) -> LightkeeperError:
    words = description.lower()
    if any(each in words for each in _ALREADY):
        return AlreadyDone(reason="it is so already")
    if any(each in words for each in _NOT_THERE):
        if kind in _ABSENCE_IS_DONE:
            return AlreadyDone(reason="the member is not there")
        return GaveUp(reason="the member is not in the group")
    for said, reason in _UNREACHABLE.items():
        if said in words or (said == _INITIATE and kind in _PRIVATE and _NEVER_WROTE in words):
            return NotAllowed(reason=reason) if kind in _TOLD else GaveUp(reason=reason)
    for said, reason in _BARRED.items():
        if said in words:
            return NotAllowed(reason=reason)
    for permission, sayings in _MISSING.items():
        if any(each in words for each in sayings):
            return NotAllowed(reason=_LACKS.get(permission, f"the bot lacks {permission}"), permission=permission)
    code = _CODE.search(description)
    return GaveUp(reason=f"Telegram refused it: {code.group()}" if code else "Telegram refused it")


def _broken(error: NetworkError, kind: ActionKind) -> LightkeeperError:
    cause = error.__cause__
    if isinstance(cause, _NEVER_SENT):
        return RetryLater(reason="Telegram can't be reached")
    if not isinstance(cause, httpx.HTTPError) and LAWS[kind].retry is not Retry.NEVER:
        return RetryLater(reason="Telegram has trouble of its own")
    return GaveUp(reason="the connection broke before Telegram answered", unknown=True)

"""`lightkeeper screen`: judges lines of JSON the way the live bot would, and prints what it saw.

In, one object a line; out, one object a good line in the same order. A bad line is named on standard error with its
number and gives no output line. Context is built per (community, channel) in line order; without a channel a line
stands alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from adapters.exports.fields import is_storable_id, utc_time
from core.flow.conversation import Conversations
from core.flow.decision import Decision, decide
from core.flow.filter import Seen
from core.flow.history import NO_HISTORY
from core.flow.screening import Screening
from core.model.finding import SCORE_NAMES, Category, Check, CheckState, Finding, Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.policy import CommunityPolicy

FILE = PlatformName("file")
MAX_LINE_BYTES = 16 * 2**20
CHUNK_BYTES = 2**16
BATCH = 64
START = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of a line that names none and begins its channel."""
PACE = timedelta(seconds=30)
"""Between a line without a time and the one before it: near enough for a talk, and no flood."""
NOT_AN_ID = "holds NUL or half a character; write the id as plain text"


class BadLine(ValueError):
    """A line that can't be screened; its text says which field, why and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A good line: `id` as it came, and whether it belongs to a conversation."""

    id: str | int
    message: Message
    stands_alone: bool


@dataclass(slots=True)
class Tally:
    """What one run of `screen` met."""

    good: int = 0
    bad: int = 0
    failed: int = 0

    @property
    def exit_code(self) -> int:
        """1 for bad lines or failed filters, never for findings."""
        return 1 if self.bad or self.failed else 0


def lines_of(stream: BinaryIO) -> Iterator[list[bytes]]:
    """The stream's lines as they come in, some at a time; of one over `MAX_LINE_BYTES` only its beginning."""
    read = getattr(stream, "read1", stream.read)
    begun: list[bytes] = []
    length = 0
    while chunk := read(CHUNK_BYTES):
        first, *others = chunk.split(b"\n")
        if length <= MAX_LINE_BYTES:
            begun.append(first)
        length += len(first)
        if others:
            yield [b"".join(begun), *others[:-1]]
            begun, length = [others[-1]], len(others[-1])
    if length:
        yield [b"".join(begun)]


def fields_of(raw: bytes) -> dict[str, Any]:
    """A line as an object. Raises: `BadLine`."""
    if len(raw) > MAX_LINE_BYTES:
        raise BadLine(f"is longer than {MAX_LINE_BYTES // 2**20} MiB; split it")
    try:
        fields = json.loads(raw)
    except UnicodeDecodeError:
        raise BadLine("is not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError):
        raise BadLine("is not JSON; every line is one JSON object") from None
    if not isinstance(fields, dict):
        raise BadLine('is not a JSON object; write {"id": ..., "text": ...}')
    return fields


class Talk:
    """What the lines of one file share: their conversations, and the last time of each channel."""

    def __init__(self) -> None:
        self._conversations = Conversations()
        self._last_at: dict[tuple[str, str], datetime] = {}

    def hear(self, fields: Mapping[str, Any], number: int) -> tuple[Line, Seen]:
        """The object of line `number` as a message in its context. Raises: `BadLine`."""
        line = line_of(fields, number, self._last_at)
        message = line.message
        self._last_at[message.community[len("file:") :], message.channel.id] = message.sent_at
        if line.stands_alone:
            return line, Seen(message=message)
        seen = self._conversations.see(message)
        # When a line without a time was said, beside those of other channels, nobody knows.
        return line, seen if fields.get("sent_at") else replace(seen, elsewhere=())


def line_of(fields: Mapping[str, Any], number: int, last_at: Mapping[tuple[str, str], datetime]) -> Line:
    """An object as a message. Raises: `BadLine`."""
    line_id = fields.get("id")
    if not isinstance(line_id, str | int) or isinstance(line_id, bool):
        raise BadLine("id: is missing or not a text; every line needs one")
    text = fields.get("text")
    if not isinstance(text, str):
        raise BadLine("text: is missing or not a text; every line needs one")
    channel = _id(fields, "channel")
    community = _id(fields, "community")
    last = last_at.get((community, channel))
    sent_at = _time(fields) or (last + PACE if last else START)
    mentions = fields.get("mentions") or []
    if not isinstance(mentions, list) or not all(isinstance(each, str) for each in mentions):
        raise BadLine("mentions: is not a list of texts")
    if not all(map(is_storable_id, mentions)):
        raise BadLine(f"mentions: {NOT_AN_ID}")
    author = _id(fields, "author")
    message = Message(
        platform=FILE,
        community=CommunityId(f"file:{community}"),
        channel=Channel(id=ChannelId(channel), name=channel),
        id=MessageId(str(number)),
        author=Author(id=MemberId(author), name=author),
        text=text,
        sent_at=sent_at,
        quoted=_text(fields, "quoted"),
        reply_to_author=MemberId(_id(fields, "reply_to_author")) or None,
        mentions=tuple(MemberId(each) for each in mentions),
    )
    return Line(id=line_id, message=message, stands_alone=not channel)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadLine(f"{name}: is not a text")
    return value


def _id(fields: Mapping[str, Any], name: str) -> str:
    value = _text(fields, name)
    if not is_storable_id(value):
        raise BadLine(f"{name}: {NOT_AN_ID}")
    return value


def _time(fields: Mapping[str, Any]) -> datetime | None:
    value = fields.get("sent_at")
    if value is None:
        return None
    try:
        return utc_time(value)
    except ValueError as error:
        raise BadLine(f"sent_at: {error}") from None


async def screen(
    stream: BinaryIO,
    *,
    screening: Screening,
    policy: CommunityPolicy,
    write: Callable[[str], object],
    complain: Callable[[str], object],
) -> Tally:
    """Screen a whole stream.

    Args:
        stream: Lines of JSON; answers don't wait for its end.
        screening: Judges them.
        policy: Says what is recorded.
        write: Gets output lines, some at a time, and lets them out at once.
        complain: Gets one sentence a bad line.
    """
    tally = Tally()
    talk = Talk()
    number = 0
    for raws in lines_of(stream):
        ready: list[tuple[Line, Seen]] = []
        for raw in raws:
            number += 1
            if not raw.strip():
                continue
            try:
                ready.append(talk.hear(fields_of(raw), number))
            except BadLine as error:
                tally.bad += 1
                complain(f"line {number}: {error}")
        for start in range(0, len(ready), BATCH):
            part = ready[start : start + BATCH]
            verdicts = await screening.screen([seen for _, seen in part])
            answers = []
            for (line, seen), verdict in zip(part, verdicts, strict=True):
                decision = decide(policy, seen, verdict, NO_HISTORY)
                tally.good += 1
                tally.failed += any(check.state is CheckState.FAILED for check in verdict.checks)
                answers.append(json.dumps(answer(line.id, verdict, decision)) + "\n")
            write("".join(answers))
    return tally


def answer(line_id: str | int, verdict: Verdict, decision: Decision) -> dict[str, Any]:
    """The output object of one line."""
    recorded = set(map(id, decision.recorded))
    passed = [finding for finding in verdict.findings if id(finding) not in recorded]
    return {
        "id": line_id,
        "scores": {name: round(score, 4) for name, score in scores(verdict).items()},
        "findings": [_finding(each) for each in decision.recorded],
        "checks": [*map(_check, verdict.checks), *map(_passed, passed)],
    }


def scores(verdict: Verdict) -> dict[str, float]:
    """Every score of `SCORE_NAMES`; crisis is at least 0.5 exactly when a crisis finding has level 2 or more."""
    given = {name: verdict.scores.get(name, 0.0) for name in SCORE_NAMES}
    crisis = [finding for finding in verdict.findings if finding.category is Category.CRISIS]
    highest = max([given["crisis"], *(finding.score for finding in crisis)])
    is_alarming = any(finding.level >= 2 for finding in crisis)
    given["crisis"] = max(highest, 0.5) if is_alarming else min(highest, 0.49)
    return given


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "filter": finding.filter,
        "category": finding.category,
        "kind": finding.kind,
        "level": finding.level,
        "score": round(finding.score, 4),
        "spans": [list(span) for span in finding.spans],
        "why": finding.why,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "filter": check.filter,
        "state": check.state,
        "category": check.category,
        "kind": check.kind,
        "why": check.why,
    }


def _passed(finding: Finding) -> dict[str, Any]:
    return {
        "filter": finding.filter,
        "state": CheckState.CONSIDERED,
        "category": finding.category,
        "kind": finding.kind,
        "why": "is neither alerted on nor recorded",
    }

"""The local platform: saying things durably, and carrying orders out once."""

import errno
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.local.failures import Failure
from adapters.local.journal import Journal, read_journal
from adapters.local.platform import HARBOUR, LocalPlatform, Spoken, Topic
from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater, Unavailable
from core.model.action import LAWS, ActionKind
from core.model.card import Card, Text
from core.model.case import CaseId, Concern
from core.model.event import Event, MessageDeleted, MessageWritten
from core.model.message import Author, Channel, ChannelId, MemberId, MessageId, RoleId
from core.model.order import Order
from core.model.record import Action
from core.ports import Taken
from tests.clock import FakeClock

WREN, TOMAS = MemberId("wren"), MemberId("tomas")
GENERAL = ChannelId("general")
CAST = (Author(id=WREN, name="Wren"), Author(id=TOMAS, name="Tomas"))
CHANNELS = (Channel(id=GENERAL, name="general"), Channel(id=ChannelId("games"), name="games"))
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


class ListIntake:
    """An intake that keeps what it was given, or can't."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_full = False

    async def append(self, events: Sequence[Event]) -> int:
        if self.is_full:
            raise Unavailable(reason="the disk is full")
        self.events += events
        return len(events)

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        return []

    async def wait(self) -> None: ...

    async def ack(self, seqs: Sequence[int]) -> None: ...


def _platform(intake: ListIntake | None = None, journal: Journal | None = None) -> tuple[LocalPlatform, FakeClock]:
    clock = FakeClock(NOW)
    built = LocalPlatform(intake=intake or ListIntake(), clock=clock, members=CAST, channels=CHANNELS, journal=journal)
    return built, clock


def _order(
    kind: ActionKind, target: str, key: str = "k1", until: datetime | None = None, card: Card | None = None
) -> Order:
    action = Action(
        key=key,
        community=HARBOUR,
        case_id=CaseId("c1"),
        version=1,
        kind=kind,
        lane=LAWS[kind].lane,
        target=target,
        until=until,
    )
    return Order(action=action, card=card)


def _card(concern: Concern) -> Card:
    return Card(
        case_id=CaseId("c1"), version=1, turn=1, concern=concern, level=3, title=Text(key="card.raid.title"), lines=()
    )


async def test_a_message_is_in_the_intake_before_it_appears() -> None:
    intake = ListIntake()
    platform, _ = _platform(intake)
    message = await platform.say(WREN, GENERAL, "hello")
    assert intake.events == [MessageWritten(message=message)]
    assert platform.messages(GENERAL, 10) == [message]


async def test_a_message_that_could_not_be_taken_in_is_refused_and_does_not_appear() -> None:
    intake = ListIntake()
    intake.is_full = True
    platform, _ = _platform(intake)
    with pytest.raises(Unavailable):
        await platform.say(WREN, GENERAL, "hello")
    assert platform.messages(GENERAL, 10) == []
    assert platform.count(GENERAL) == 0


async def test_an_edit_that_could_not_be_taken_in_leaves_the_old_words() -> None:
    intake = ListIntake()
    platform, _ = _platform(intake)
    message = await platform.say(WREN, GENERAL, "before")
    intake.is_full = True
    with pytest.raises(Unavailable):
        await platform.edit(WREN, message.id, "after")
    assert [each.text for each in platform.messages(GENERAL, 10)] == ["before"]


async def test_an_edit_is_a_new_revision_of_the_same_message() -> None:
    intake = ListIntake()
    platform, clock = _platform(intake)
    message = await platform.say(WREN, GENERAL, "before")
    clock.advance(timedelta(seconds=5))
    edited = await platform.edit(WREN, message.id, "after")
    assert (edited.id, edited.edited_at) == (message.id, NOW + timedelta(seconds=5))
    assert intake.events[-1] == MessageWritten(message=edited)
    assert platform.messages(GENERAL, 10) == [edited]


async def test_a_deletion_is_told_to_the_intake() -> None:
    intake = ListIntake()
    platform, _ = _platform(intake)
    message = await platform.say(WREN, GENERAL, "hello")
    await platform.delete(WREN, message.id)
    assert isinstance(intake.events[-1], MessageDeleted)
    assert platform.messages(GENERAL, 10) == []


async def test_only_its_author_changes_a_message() -> None:
    platform, _ = _platform()
    message = await platform.say(WREN, GENERAL, "hello")
    with pytest.raises(NotAllowed, match="author"):
        await platform.edit(TOMAS, message.id, "mine now")
    with pytest.raises(NotAllowed, match="author"):
        await platform.delete(TOMAS, message.id)
    assert platform.messages(GENERAL, 10) == [message]


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 250_001])
async def test_empty_and_endless_messages_are_refused(text: str) -> None:
    platform, _ = _platform()
    with pytest.raises(NotAllowed):
        await platform.say(WREN, GENERAL, text)


async def test_a_name_after_an_at_sign_is_a_mention_and_a_reply_names_its_author() -> None:
    platform, _ = _platform()
    first = await platform.say(WREN, GENERAL, "hello @Tomas")
    second = await platform.say(TOMAS, GENERAL, "hi", reply_to=first.id)
    assert first.mentions == (TOMAS,)
    assert (second.reply_to, second.reply_to_author) == (first.id, WREN)


async def test_a_timed_out_member_is_told_until_when_and_can_speak_again_afterwards() -> None:
    platform, clock = _platform()
    await platform.perform(_order(ActionKind.TIMEOUT, WREN, until=NOW + timedelta(minutes=10)))
    with pytest.raises(NotAllowed, match=r"timed out .* until \d\d:10\."):
        await platform.say(WREN, GENERAL, "hello")
    await platform.say(TOMAS, GENERAL, "I can")
    clock.advance(timedelta(seconds=601))
    await platform.say(WREN, GENERAL, "hello again")


@pytest.mark.parametrize(
    ("kind", "inverse", "target"),
    [
        (ActionKind.TIMEOUT, ActionKind.LIFT_TIMEOUT, WREN),
        (ActionKind.BAN, ActionKind.UNBAN, WREN),
        (ActionKind.LOCK, ActionKind.UNLOCK, GENERAL),
    ],
)
async def test_what_was_done_can_be_undone(kind: ActionKind, inverse: ActionKind, target: str) -> None:
    platform, _ = _platform()
    await platform.perform(_order(kind, target))
    assert platform.why_silent(WREN, GENERAL) is not None
    await platform.perform(_order(inverse, target, key="k2"))
    assert platform.why_silent(WREN, GENERAL) is None


async def test_slow_mode_lets_a_member_speak_once_and_then_after_a_while() -> None:
    platform, clock = _platform()
    await platform.perform(_order(ActionKind.SLOW_MODE, GENERAL, until=NOW + timedelta(hours=1)))
    await platform.say(WREN, GENERAL, "one")
    with pytest.raises(NotAllowed, match="Slow mode"):
        await platform.say(WREN, GENERAL, "two")
    clock.advance(timedelta(seconds=31))
    await platform.say(WREN, GENERAL, "two")


async def test_a_deleted_message_is_gone_and_deleting_it_again_is_a_success() -> None:
    intake = ListIntake()
    platform, _ = _platform(intake)
    message = await platform.say(WREN, GENERAL, "hello")
    await platform.perform(_order(ActionKind.DELETE, message.id))
    assert platform.messages(GENERAL, 10) == []
    assert isinstance(intake.events[-1], MessageDeleted)
    with pytest.raises(AlreadyDone):
        await platform.perform(_order(ActionKind.DELETE, message.id, key="k2"))


async def test_a_deletion_that_could_not_be_told_has_not_happened() -> None:
    intake = ListIntake()
    platform, _ = _platform(intake)
    message = await platform.say(WREN, GENERAL, "hello")
    intake.is_full = True
    with pytest.raises(Unavailable):
        await platform.perform(_order(ActionKind.DELETE, message.id))
    assert platform.messages(GENERAL, 10) == [message]


async def test_crisis_cards_go_to_the_responders_place_and_a_refresh_edits_the_posted_card() -> None:
    platform, _ = _platform()
    receipt = await platform.perform(_order(ActionKind.ALERT, "c1", card=_card(Concern.CRISIS)))
    assert platform.cards[receipt].place == "responders"
    refresh = _order(ActionKind.REFRESH_CARD, "c1", key="k2", card=_card(Concern.CONDUCT))
    again = await platform.perform(Order(action=refresh.action, card=refresh.card, receipt=receipt))
    assert again == receipt
    assert [card.place for card in platform.cards.values()] == ["moderators"]


async def test_a_repeated_key_posts_no_second_card() -> None:
    platform, _ = _platform()
    order = _order(ActionKind.ALERT, "c1", card=_card(Concern.CONDUCT))
    assert await platform.perform(order) == await platform.perform(order)
    assert len(platform.cards) == 1


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure.RETRY_LATER, RetryLater),
        (Failure.NOT_ALLOWED, NotAllowed),
        (Failure.GAVE_UP, GaveUp),
    ],
)
async def test_an_ordered_failure_keeps_the_effect_away_as_often_as_asked(
    failure: Failure, error: type[Exception]
) -> None:
    platform, _ = _platform()
    platform.fail_next(failure, times=2)
    for _ in range(2):
        with pytest.raises(error):
            await platform.perform(_order(ActionKind.LOCK, GENERAL))
        assert platform.why_silent(WREN, GENERAL) is None
    await platform.perform(_order(ActionKind.LOCK, GENERAL))
    assert platform.why_silent(WREN, GENERAL) is not None


async def test_an_answer_can_get_lost_after_the_effect() -> None:
    platform, _ = _platform()
    platform.fail_next(Failure.DONE_THEN_TIMEOUT, kind=ActionKind.LOCK)
    await platform.perform(_order(ActionKind.WARN, WREN, key="k0"))
    with pytest.raises(TimeoutError):
        await platform.perform(_order(ActionKind.LOCK, GENERAL))
    assert platform.why_silent(WREN, GENERAL) is not None


async def test_only_the_one_who_is_warned_sees_the_letter() -> None:
    platform, _ = _platform()
    await platform.perform(_order(ActionKind.WARN, WREN))
    assert [letter.kind for letter in platform.letters_for(WREN)] == [ActionKind.WARN]
    assert platform.letters_for(TOMAS) == []


async def test_listeners_hear_of_talk_and_of_cards_until_they_stop() -> None:
    platform, _ = _platform()
    heard: list[Topic] = []
    stop = platform.listen(heard.append)
    await platform.say(WREN, GENERAL, "hello")
    await platform.perform(_order(ActionKind.ALERT, "c1", card=_card(Concern.CONDUCT)))
    assert set(heard) == {Topic.CHAT, Topic.CARDS}
    stop()
    heard.clear()
    await platform.say(WREN, GENERAL, "hello")
    assert heard == []


async def test_people_and_channels_of_a_log_are_shown_but_forgotten_in_the_end() -> None:
    platform, _ = _platform()
    for number in range(60):
        author = Author(id=MemberId(f"log:{number}"), name=f"Stranger {number}")
        await platform.say_all([Spoken(author=author, channel=Channel(id=ChannelId(f"c{number}"), name="c"), text="x")])
    assert platform.name_of("log:59") == "Stranger 59"
    assert {GENERAL, ChannelId("c59")} <= {channel.id for channel in platform.channels()}
    assert len(platform.channels()) == 40
    assert len(platform.members()) == len(CAST)


async def test_roles_are_those_of_this_moment() -> None:
    platform, _ = _platform()
    platform.set_roles(WREN, frozenset({RoleId("moderator")}))
    assert platform.members()[0].roles == {"moderator"}


async def test_the_journal_remembers_ids_and_keys_and_never_a_word(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    platform, _ = _platform(journal=journal)
    message = await platform.say(WREN, GENERAL, "canary words")
    await platform.edit(WREN, message.id, "canary words again")
    await platform.perform(_order(ActionKind.TIMEOUT, WREN))
    journal.close()
    assert "canary" not in (tmp_path / "journal.jsonl").read_text(encoding="utf-8")
    entries = read_journal(tmp_path / "journal.jsonl")
    assert [(each["what"], each.get("id", each.get("key"))) for each in entries] == [
        ("said", message.id),
        ("edited", message.id),
        ("performed", "k1"),
    ]


async def test_after_a_restart_doubles_are_recognised_and_ids_never_repeat(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first_journal = Journal(path)
    first, _ = _platform(journal=first_journal)
    message = await first.say(WREN, GENERAL, "hello")
    receipt = await first.perform(_order(ActionKind.ALERT, "c1", card=_card(Concern.CONDUCT)))
    await first.perform(_order(ActionKind.TIMEOUT, WREN, key="k2"))
    first_journal.close()
    with path.open("ab") as torn:
        torn.write(b'{"what": "sa')

    second_journal = Journal(path)
    second, _ = _platform(journal=second_journal)
    assert await second.perform(_order(ActionKind.ALERT, "c1", card=_card(Concern.CONDUCT))) == receipt
    assert second.why_silent(WREN, GENERAL) is not None
    later = await second.say(TOMAS, GENERAL, "hello")
    second_journal.close()
    assert int(later.id) > int(receipt) > int(message.id)
    assert [each["what"] for each in read_journal(path)] == ["said", "performed", "performed", "double", "said"]


async def test_a_message_deleted_before_a_restart_counts_as_done() -> None:
    platform, _ = _platform()
    with pytest.raises(AlreadyDone):
        await platform.perform(_order(ActionKind.DELETE, MessageId("123")))


async def test_a_message_that_was_taken_in_counts_and_stands_in_the_journal_once_it_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, intake = tmp_path / "journal.jsonl", ListIntake()
    journal = Journal(path)
    platform, _ = _platform(intake, journal)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _full_disk)
        message = await platform.say(WREN, GENERAL, "hello")
        edited = await platform.edit(WREN, message.id, "hello again")
        assert read_journal(path) == []
    assert platform.messages(GENERAL, 10) == [edited]
    assert intake.events == [MessageWritten(message=message), MessageWritten(message=edited)]
    await platform.delete(WREN, message.id)
    assert [(each["what"], each["id"]) for each in read_journal(path)] == [
        ("said", message.id),
        ("edited", message.id),
        ("deleted", message.id),
    ]
    journal.close()


async def test_what_the_journal_owes_is_written_before_it_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    platform, _ = _platform(journal=journal)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _full_disk)
        await platform.say(WREN, GENERAL, "hello")
    journal.close()
    assert [each["what"] for each in read_journal(tmp_path / "journal.jsonl")] == ["said"]


async def test_an_effect_that_the_journal_refused_has_not_happened_and_stands_there_once_after_the_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    platform, _ = _platform(journal=journal)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _full_disk)
        with pytest.raises(Unavailable, match="journal"):
            await platform.perform(_order(ActionKind.LOCK, GENERAL))
    assert platform.why_silent(WREN, GENERAL) is None
    await platform.perform(_order(ActionKind.LOCK, GENERAL))
    journal.close()
    assert [each["what"] for each in read_journal(tmp_path / "journal.jsonl")] == ["performed"]


@pytest.mark.parametrize("is_there", [False, True])
def test_only_its_owner_can_read_the_journal(tmp_path: Path, is_there: bool) -> None:
    path = tmp_path / "journal.jsonl"
    if is_there:
        path.touch(mode=0o644)
    Journal(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("params", "is_automatic"), [({}, True), ({"by": "tomas"}, False)])
async def test_a_letter_knows_whether_a_person_ordered_it(params: dict[str, str], is_automatic: bool) -> None:
    platform, _ = _platform()
    order = _order(ActionKind.WARN, WREN)
    await platform.perform(replace(order, action=replace(order.action, params=params)))
    assert [letter.is_automatic for letter in platform.letters_for(WREN)] == [is_automatic]


def _full_disk(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_restart_after_a_recognised_double_is_a_restart_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"what": "double", "key": "k", "kind": "warn"}\n')
    journal = Journal(path)
    platform, _ = _platform(journal=journal)
    assert (await platform.say(WREN, GENERAL, "hello")).text == "hello"
    journal.close()

"""That the wire is checked against the published specification at all, and that the checker sees faults."""

import os

import pytest

from core.model.action import ActionKind
from tests.adapters.telegram.fake_telegram import FakeTelegram, a_message
from tests.adapters.telegram.house import House, a_card, an_order
from tests.adapters.telegram.specification import Specification, specification


@pytest.fixture
def published() -> Specification:
    known = specification()
    if known is None:
        reason = "the Bot API's specification is missing: LIGHTKEEPER_SPECS names its folder"
        if os.environ.get("LIGHTKEEPER_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return known


async def test_everything_said_on_the_wire_is_checked(published: Specification, telegram: FakeTelegram) -> None:
    async with House(telegram) as house:
        house.open()
        await telegram.bring({"message": a_message(1)})
        await telegram.until(lambda: house.intake.kept and not telegram.pending)
        await house.perform(an_order(ActionKind.ALERT, card=a_card()))
    assert telegram.checked == len(telegram.calls) > 3


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("sendMesage", {}),
        ("sendMessage", {"chat_id": "1"}),
        ("restrictChatMember", {"chat_id": "1", "user_id": "seven", "permissions": "{}"}),
        ("restrictChatMember", {"chat_id": "1", "user_id": "7", "permissions": '{"can_sned_messages": false}'}),
        ("banChatMember", {"chat_id": "1", "user_id": "7", "until_dat": "5"}),
    ],
)
def test_a_request_with_a_fault_is_found(published: Specification, method: str, fields: dict[str, str]) -> None:
    assert published.of_request(method, fields)


def test_a_message_with_an_unknown_field_deep_inside_is_found(published: Specification) -> None:
    assert published.of_type("Message", a_message(1)) == []
    assert published.of_type("Message", a_message(2, reply_to_message=a_message(1, colour="red")))

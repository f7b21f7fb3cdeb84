"""What a press on a contact dials or opens; where that is not certain, there is no link."""

import pytest

from adapters.console.linking import link_of, web_address
from core.model.resource import Contact, Medium


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("555 0100", "tel:5550100"),
        ("555-0100", "tel:5550100"),
        ("+0 555 0100", "tel:+05550100"),
        ("*5550", "tel:*5550"),
        ("#5550", "tel:%235550"),
        ("(0) 555 0100", "tel:05550100"),
        ("555 (press 1)", "tel:555"),
        ("555 (opción 5)", "tel:555"),
        ("555 0100 / 555 0101", ""),
        ("555 0100 or 555 0101", ""),
        ("+0 (0) 555 0100", ""),
        ("5", ""),
        ("ask at the pier", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_a_number_is_dialled_without_its_spaces_and_remarks_or_not_at_all(value: str, link: str) -> None:
    assert link_of(Contact(medium=Medium.CALL, value=value)) == link


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("55501", "sms:55501"),
        ("55501 (text PIER)", "sms:55501?body=PIER"),
        ("55501 (weekdays)", ""),
        ("Messenger +0 555 0100", ""),
    ],
)
def test_a_text_goes_to_its_number_with_its_keyword_and_to_no_other_messenger(value: str, link: str) -> None:
    assert link_of(Contact(medium=Medium.TEXT, value=value)) == link


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://pier.example/chat", "https://pier.example/chat"),
        ("pier.example", "https://pier.example"),
        ("www.pier.example/help?a=1", "https://www.pier.example/help?a=1"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//pier.example", ""),
        ("https://", ""),
        ("https://[", ""),
        ("https://pier.example/ a", ""),
        ("the web site of the pier", ""),
    ],
)
def test_only_whole_web_addresses_are_links(value: str, address: str) -> None:
    assert web_address(value) == address
    assert link_of(Contact(medium=Medium.CHAT, value=value)) == address

"""The banner remembers what is up, within bounds."""

from adapters.console.notices import MOST, NoticeBoard
from core.model.card import Text


def unknown(number: int) -> Text:
    return Text(key="notice.unknown", params={"action": f"action {number}"})


def test_many_notices_of_a_kind_push_out_the_oldest_of_their_kind_and_no_other() -> None:
    board = NoticeBoard()
    board.raise_notice("store", Text(key="notice.store", params={"reason": "synthetic"}))
    for number in range(10 * MOST):
        board.raise_notice(f"unknown.{number}", unknown(number))
    assert board.count() == MOST
    assert board.is_up("store")
    assert board.is_up(f"unknown.{10 * MOST - 1}")
    assert not board.is_up("unknown.0")


def test_what_stands_already_pushes_out_nothing_when_it_is_told_again() -> None:
    board = NoticeBoard()
    for number in range(MOST):
        board.raise_notice(f"unknown.{number}", unknown(number))
    board.raise_notice("unknown.7", unknown(1007))
    assert board.count() == MOST
    assert board.is_up("unknown.0")

"""Errors tell what to do next, and nothing that was said."""

import pytest

from core.errors import (
    AlreadyDone,
    ConfigurationRefused,
    GaveUp,
    KeyMissing,
    LightkeeperError,
    NotAllowed,
    RetryLater,
    TextGone,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConfigurationRefused("policy.toml", "it is torn"), "policy.toml: it is torn"),
        (KeyMissing("keys", "it is gone", "look in the backup"), "keys: it is gone (look in the backup)"),
        (RetryLater("slow down"), "slow down"),
        (Unavailable("the disk is full"), "the disk is full"),
        (AlreadyDone("it is gone"), "it is gone"),
        (NotAllowed("no permission", "ban"), "no permission"),
        (GaveUp("no such channel"), "no such channel"),
        (TextGone("case:case1"), "the key case:case1 was destroyed; its text can no longer be opened"),
    ],
)
def test_an_error_says_what_happened_and_is_one_of_ours(error: LightkeeperError, says: str) -> None:
    assert str(error) == says
    with pytest.raises(LightkeeperError):
        raise error


def test_a_store_that_can_not_write_may_be_asked_again() -> None:
    assert issubclass(Unavailable, RetryLater)
    assert issubclass(KeyMissing, ConfigurationRefused)

"""One tree of errors, split by what the caller does next.

Retry later, ask the owner, treat as done, or give up and tell a person: each branch carries the fields that
step needs. No error ever holds message text.
"""

from dataclasses import dataclass
from datetime import timedelta


class LightkeeperError(Exception):
    """The root of everything this project raises on purpose."""


@dataclass(eq=False)
class ConfigurationRefused(LightkeeperError):
    """The owner has to change something: names the place, the reason and the remedy."""

    path: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" + (f" ({self.hint})" if self.hint else "")


@dataclass(eq=False)
class RetryLater(LightkeeperError):
    """The outside did not take it now; the same call may work after `after`."""

    reason: str
    after: timedelta | None = None

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class Unavailable(RetryLater):
    """The store or the intake can't write now (disk full, database gone): nothing was acknowledged."""


@dataclass(eq=False)
class AlreadyDone(LightkeeperError):
    """The effect is already there; the caller treats the call as a success."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class NotAllowed(LightkeeperError):
    """The platform refused for good (a permission is missing): the owner has to act."""

    reason: str
    permission: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class GaveUp(LightkeeperError):
    """It can't be done and a person has to be told; `unknown` when it may have happened."""

    reason: str
    unknown: bool = False

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class TextGone(LightkeeperError):
    """The key of a sealed text was destroyed: expired or erased, never to come back."""

    key_name: str

    def __str__(self) -> str:
        return f"the key {self.key_name} was destroyed; its text can no longer be opened"


@dataclass(eq=False)
class KeyMissing(ConfigurationRefused):
    """The master key that this database was sealed with is not there, or is another one."""

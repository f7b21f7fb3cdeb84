"""What a platform tells the owner while the bot is being set up: who the bot is, and where it could serve."""

from dataclasses import dataclass

from core.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The bot that a token belongs to.

    Attributes:
        id: Its id.
        name: What people see.
        invite: The address that adds it to a community with exactly the permissions it needs; "" where there is none.
        problems: What is switched wrongly at the platform for any community (messages can't be read, say).
    """

    id: str
    name: str
    invite: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A channel, role or member, by id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A community that the bot is in.

    Attributes:
        id: As the platform writes it.
        places: Channels or chats where alerts could be posted.
        roles: Roles that its members can hold; empty where the platform has none.
        owners: Who it belongs to, as far as the platform tells.
        staff: Its administrators, as far as the platform tells; no bots.
    """

    id: str
    name: str
    places: tuple[Named, ...] = ()
    roles: tuple[Named, ...] = ()
    owners: tuple[Named, ...] = ()
    staff: tuple[Named, ...] = ()

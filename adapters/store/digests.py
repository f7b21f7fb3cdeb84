"""Names that stand where an id may not: keyed digests, which only who holds the master key can link to anybody.

They outlive what they were made of. A choice of a member is kept under one, the journal of erasures names by them who
was erased, and sealed rows whose author they are, so that all of a member's can be found without opening any.
"""

import re

from adapters.store.sealing import derived, reference
from core.model.message import CommunityId

_NAMES_NOBODY = re.compile(r".+:(deleted|\d+(\.\d+)?-[0-9a-f]{24})")
"""Keys of what happened to a message; any other event's key may be made of a member's id."""


class Digests:
    """Makes them, with a key of its own that is derived from the master key."""

    def __init__(self, master: bytes) -> None:
        self._key = derived(master, "members")

    def member(self, community: str, member: str) -> str:
        """A member of a community: 24 hexadecimal digits."""
        return reference(self._key, "member", community, member)

    def community(self, community: CommunityId) -> str:
        """A community."""
        return reference(self._key, "community", community)

    def done(self, key: str) -> str:
        """What stands for the key of an event that was decided: the key itself where it names no member."""
        return key if _NAMES_NOBODY.fullmatch(key) else reference(self._key, "done", key)

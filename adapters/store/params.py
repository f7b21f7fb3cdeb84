"""Taking a member out of the parameters of actions, and telling where a text names one. Pure."""

import re
from collections.abc import Callable, Mapping

from core.flow.noticing import BY

SOMEBODY = "erased"
"""Stands for the person who ordered an action and had their data deleted: that a person did is still known."""


def without(params: Mapping[str, str], member: str) -> dict[str, str]:
    """Parameters that name a member no more; who ordered something is somebody."""
    if params.get(BY) == member:
        params = {**params, BY: SOMEBODY}
    names = named(member)
    parts = {name: [part for part in value.split(",") if part != member] for name, value in params.items()}
    return {name: ",".join(left) for name, left in parts.items() if left and not any(map(names, left))}


def named(member: str) -> Callable[[str], bool]:
    """Says whether a text names the member, and not only another whose id holds theirs."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(member)}(?![\w-])")
    return lambda text: pattern.search(text) is not None

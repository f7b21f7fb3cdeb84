"""Walking through a JSON document that is larger than memory: the items of its long lists one by one.

Only what is asked for is built; the nesting is bounded, and so is what the path to an item may take.
"""

from collections.abc import Iterator, Set
from typing import Any, Protocol

import ijson  # type: ignore[import-untyped]  # it has no types

MAX_DEPTH = 64
_STEPS = dict.fromkeys(("map_key", "string", "number", "boolean", "null", "integer", "double"), 0) | {
    "start_map": 1,
    "start_array": 1,
    "end_map": -1,
    "end_array": -1,
}
"""How deep each event goes, by the names that the parser gives them."""


class Readable(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = ..., /) -> bytes: ...


class BrokenJson(ValueError):
    """The document ends early or stops being JSON; what was given before is sound.

    `is_complete`: the document itself had ended, and something else follows it.
    """

    def __init__(self, is_complete: bool) -> None:
        super().__init__("the document breaks off")
        self.is_complete = is_complete


def walk(stream: Readable, lists: Set[str], without: Set[str] = frozenset()) -> Iterator[tuple[str, Any]]:
    """What stands in a document, in its order, as (path, value).

    Args:
        stream: UTF-8; read some at a time.
        lists: Paths such as "chats.list.messages" of lists whose items are given whole, under the list's path.
        without: Keys of an item whose values are left out, unless they are plain.

    Outside these lists every plain value is given, and every object and list as None when it begins: lists add nothing
    to a path. Raises: `BrokenJson`.
    """
    path: list[str] = []
    keys: list[str] = [""]
    item: list[Any] = []
    item_keys: list[str] = []
    left_out = 0
    is_complete = False
    try:
        for event, value in ijson.basic_parse(stream, use_float=True):
            if left_out:
                left_out += _STEPS[event]
                continue
            if item:
                if event == "map_key":
                    item_keys[-1] = value
                elif event == "start_map" or event == "start_array":
                    if item_keys[-1] in without and len(item) == 1:
                        left_out = 1
                        continue
                    if len(item) >= MAX_DEPTH:
                        raise BrokenJson(is_complete=False)
                    inner: Any = {} if event == "start_map" else []
                    _put(item[-1], item_keys[-1], inner)
                    item.append(inner)
                    item_keys.append("")
                elif event == "end_map" or event == "end_array":
                    done = item.pop()
                    item_keys.pop()
                    if not item:
                        yield path[-1], done
                else:
                    _put(item[-1], item_keys[-1], value)
                continue
            if event == "map_key":
                keys[-1] = value
                continue
            if event == "end_map" or event == "end_array":
                path.pop()
                keys.pop()
                is_complete = not path
                continue
            is_start = event == "start_map" or event == "start_array"
            if path and path[-1] in lists:
                if event == "start_map":
                    item.append({})
                    item_keys.append("")
                elif is_start:
                    left_out = 1
                    yield path[-1], []
                else:
                    yield path[-1], value
                continue
            here = _joined(path[-1] if path else "", keys[-1])
            yield here, None if is_start else value
            if is_start:
                if len(path) >= MAX_DEPTH:
                    raise BrokenJson(is_complete=False)
                path.append(here)
                keys.append("")
    except (ijson.JSONError, UnicodeDecodeError):
        raise BrokenJson(is_complete) from None


def _put(container: Any, key: str, value: Any) -> None:
    if type(container) is dict:
        container[key] = value
    else:
        container.append(value)


def _joined(above: str, key: str) -> str:
    return f"{above}.{key}" if above and key else above or key

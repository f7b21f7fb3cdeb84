"""Checks what is said on the wire against the published specification of the Bot API, unknown fields at any depth too.

The specification is another project's data and is never committed: LIGHTKEEPER_SPECS or `../shared/specs` holds it.
It knows no lengths and no "one of" rules.
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
FILE = "telegram-bot-api.json"
BASIC: Mapping[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
}


class Specification:
    """The methods and types of the Bot API."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._methods: Mapping[str, Any] = told["methods"]
        self._types: Mapping[str, Any] = told["types"]

    def of_request(self, method: str, fields: Mapping[str, str]) -> list[str]:
        """What is wrong with a call; form fields arrive as text."""
        declared = self._methods.get(method)
        if declared is None:
            return [f"{method}: no such method"]
        types = {each["name"]: each["types"] for each in declared.get("fields", [])}
        values = {name: _read(value, types.get(name, ["String"])) for name, value in fields.items()}
        return list(self._of_object(method, declared, values))

    def of_result(self, method: str, result: Any) -> list[str]:
        """What is wrong with an answer."""
        return list(self._of_value(f"{method} result", result, self._methods[method]["returns"]))

    def of_type(self, name: str, value: Any) -> list[str]:
        """What is wrong with a value of that type."""
        return list(self._of_value(name, value, [name]))

    def _of_object(self, place: str, declared: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[str]:
        fields = {each["name"]: each for each in declared.get("fields", [])}
        for name in value.keys() - fields.keys():
            yield f"{place}: {name} is unknown"
        for name, each in fields.items():
            if name in value:
                yield from self._of_value(f"{place}.{name}", value[name], each["types"])
            elif each["required"]:
                yield f"{place}: {name} is missing"

    def _of_value(self, place: str, value: Any, types: list[str]) -> Iterator[str]:
        """Of several possible types the one with the fewest faults speaks."""
        faults = [list(self._of_one(place, value, each)) for each in types]
        yield from min(faults, key=len)

    def _of_one(self, place: str, value: Any, name: str) -> Iterator[str]:
        if name.startswith("Array of "):
            if not isinstance(value, list):
                yield f"{place}: not an array"
                return
            for index, each in enumerate(value):
                yield from self._of_value(f"{place}[{index}]", each, [name.removeprefix("Array of ")])
            return
        basic = BASIC.get(name)
        if basic is not None:
            if not isinstance(value, basic) or (name in {"Integer", "Float"} and isinstance(value, bool)):
                yield f"{place}: not of type {name}"
            return
        declared = self._types[name]
        if "subtypes" in declared:
            yield from self._of_value(place, value, declared["subtypes"])
        elif not isinstance(value, dict):
            yield f"{place}: not an object"
        else:
            yield from self._of_object(place, declared, value)


@cache
def specification() -> Specification | None:
    """None where the file is not there."""
    folder = Path(os.environ.get("LIGHTKEEPER_SPECS") or ROOT.parent / "shared" / "specs")
    path = folder / FILE
    return Specification(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _read(value: str, types: list[str]) -> Any:
    if types == ["String"]:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value

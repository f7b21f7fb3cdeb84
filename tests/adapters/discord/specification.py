"""Holds requests against Discord's published specification: paths, methods, and every field of the bodies.

An unknown field at any depth is a violation, although the published schemas would let it pass: a misspelt field is
one that Discord ignores in silence. Covers what those schemas use.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.adapters.discord.fake_discord import Asked

KNOWN = re.compile(
    r"POST .*: body\.embeds\[\d+\]\.flags is unknown"
    r"|PATCH /channels/\d+/messages/\d+: body\.(tts|embeds\[\d+\]\.flags) is unknown"
    r"|PUT /guilds/\d+/bans/\d+: the query delete_message_seconds is unknown"
    r"|PUT /channels/\d+/permissions/\d+: body\.(id is unknown|(allow|deny) is not of type integer/null)"
)
"""Where the unmodified discord.py and the published page are known to differ; Discord takes all of these."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


class Specification:
    """What Discord says that it takes."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        ordered = sorted(document["paths"].items(), key=lambda each: each[0].count("{"))
        self._paths = [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), entry) for path, entry in ordered]

    def violations(self, asked: Asked) -> list[str]:
        """What Discord would not understand of a request; empty when it is fine."""
        name = f"{asked.method} {asked.path}"
        entry = next((entry for path, entry in self._paths if path.fullmatch(asked.path)), None)
        operation = entry.get(asked.method.lower()) if entry else None
        if entry is None or operation is None:
            return [f"{name}: there is no such call"]
        found = (*self._query(asked, entry, operation), *self._body(asked, operation))
        return [problem for each in found if not KNOWN.fullmatch(problem := f"{name}: {each}")]

    def _query(self, asked: Asked, entry: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
        parameters = [*entry.get("parameters", ()), *operation.get("parameters", ())]
        known = {self._resolved(each)["name"] for each in parameters}
        return (f"the query {each} is unknown" for each in sorted(set(asked.query) - known))

    def _body(self, asked: Asked, operation: Mapping[str, Any]) -> Iterator[str]:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None and asked.body is not None:
            yield from self._wrong([content["schema"]], asked.body, "body")
        elif asked.body is not None:
            yield "it takes no body"

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return dict(schema)

    def _wrong(self, schemas: Sequence[Any], value: Any, where: str) -> list[str]:
        """What is wrong with a value that all of these schemas together describe."""
        flat = [self._resolved(each) for each in schemas]
        while any("allOf" in each for each in flat):
            flat = [
                self._resolved(part)
                for each in flat
                for part in (*each.get("allOf", ()), {k: v for k, v in each.items() if k != "allOf"})
            ]
        for each in flat:
            choices = each.get("oneOf") or each.get("anyOf")
            if choices:
                tried = [self._wrong([choice], value, where) for choice in choices]
                if all(tried):
                    return min(tried, key=len)
        plain = [each for each in flat if not (each.get("oneOf") or each.get("anyOf"))]
        found = [problem for each in plain for problem in _plain(each, value, where)]
        if isinstance(value, dict) and plain:
            found += self._fields(plain, value, where)
        if isinstance(value, list):
            items = [each["items"] for each in plain if "items" in each]
            found += [
                problem
                for index, item in enumerate(value)
                if items
                for problem in self._wrong(items, item, f"{where}[{index}]")
            ]
        return found

    def _fields(self, schemas: Sequence[Mapping[str, Any]], value: Mapping[str, Any], where: str) -> list[str]:
        fields = {name: field for each in schemas for name, field in each.get("properties", {}).items()}
        needed = {name for each in schemas for name in each.get("required", ())}
        extra = [each["additionalProperties"] for each in schemas if isinstance(each.get("additionalProperties"), dict)]
        found = [f"{where}.{name} is missing" for name in sorted(needed - value.keys())]
        for name, each in value.items():
            if name in fields:
                found += self._wrong([fields[name]], each, f"{where}.{name}")
            elif extra:
                found += self._wrong(extra, each, f"{where}.{name}")
            else:
                found.append(f"{where}.{name} is unknown")
        return found


def _plain(schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    if schema.get("format") == "snowflake" and type(value) is int:  # as discord.py writes ids
        value = str(value)
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    fits = [
        isinstance(value, _TYPES[each]) and not (isinstance(value, bool) and each in {"integer", "number"})
        for each in kinds
    ]
    if kinds and not any(fits):
        yield f"{where} is not of type {'/'.join(kinds)}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of the values it may have"
    if isinstance(value, str | list):
        if len(value) > schema.get("maxLength", schema.get("maxItems", len(value))):
            yield f"{where} is too long"
        if len(value) < schema.get("minLength", schema.get("minItems", 0)):
            yield f"{where} is too short"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} does not match its pattern"
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where} is out of bounds"

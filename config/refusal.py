"""Turns what pydantic says of wrong input into what an owner can act on: path, reason, nearest valid name.

Everything is read from the model's own JSON schema, so a field that is added needs nothing here. Reasons never repeat
a value, which may be a password.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from core.errors import ConfigurationRefused

Loc = tuple[int | str, ...]
Schema = Mapping[str, Any]

MAX_NAMED = 8
"""How many valid names a hint lists before it only names the nearest."""


@dataclass(eq=False)
class SeveralRefused(ConfigurationRefused):
    """Everything that is wrong at once; path, reason and hint are those of the first."""

    refusals: tuple[ConfigurationRefused, ...] = ()

    def __str__(self) -> str:
        return "\n".join(str(refusal) for refusal in self.refusals)


def refusal_of(refusals: Sequence[ConfigurationRefused]) -> ConfigurationRefused:
    """One error to raise for one or more refusals; `refusals` is not empty."""
    first = refusals[0]
    if len(refusals) == 1:
        return first
    return SeveralRefused(first.path, first.reason, first.hint, tuple(refusals))


def nearest(name: str, valid: Sequence[str], prefix: str = "") -> str:
    """A hint that names the closest valid name, or the valid ones where they are few, or "".

    `prefix` is set before each name that the hint shows and isn't part of the comparison.
    """
    by_lower = {each.lower(): each for each in valid}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return f"did you mean {prefix}{by_lower[close[0]]}?"
    return _listed([prefix + each for each in valid]) if 0 < len(valid) <= MAX_NAMED else ""


def is_echo(error: ErrorDetails) -> bool:
    """Whether pydantic counts as missing an entry that is there, and of which it says apart what is wrong."""
    wrong = error["input"]
    return error["type"] == "too_short" and isinstance(wrong, list) and len(wrong) >= error["ctx"]["min_length"]


def explain(error: ErrorDetails, schema: Schema) -> tuple[str, str]:
    """(reason, hint) of one pydantic error against the model with this JSON schema."""
    loc: Loc = tuple(part for part in error["loc"] if part != "[key]")
    context = error.get("ctx", {})
    wrong = error["input"]
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field", nearest(
                str(loc[-1]), sorted(_node(schema, loc[:-1]).get("properties", ()))
            )
        case "missing":
            return "this field is needed", _description(schema, loc)
        case "enum" | "literal_error":
            valid = list(_names(schema, error["loc"]))
            reason = f"not one of its {len(valid)} values" if len(valid) > 1 else f"has to be {valid[0]}"
            return reason, nearest(wrong, valid) if isinstance(wrong, str) else _listed(valid)
        case "less_than_equal":
            return f"has to be {context['le']} or less", _description(schema, loc)
        case "greater_than_equal":
            return f"has to be {context['ge']} or more", _description(schema, loc)
        case "finite_number":
            return "has to be a finite number", ""
        case "string_too_short":
            return f"has to be at least {_count(context['min_length'], 'character')} long", ""
        case "string_too_long":
            return f"has to be at most {_count(context['max_length'], 'character')} long", ""
        case "too_short":
            least = context["min_length"]
            return f"needs at least {least} {'entry' if least == 1 else 'entries'}", _description(schema, loc)
        case "too_long":
            return f"has more than {context['max_length']} entries", ""
        case "value_error":
            return str(context["error"]), ""
        case kind:
            return _TYPES.get(kind, error["msg"]), _description(schema, loc)


_TYPES: Mapping[str, str] = {
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "float_type": "has to be a number",
    "float_parsing": "has to be a number",
    "string_type": "has to be text in quotation marks",
    "tuple_type": "has to be a list",
    "frozen_set_type": "has to be a list",
    "model_type": "has to be a table",
    "dict_type": "has to be a table",
}


def resolve(schema: Schema, node: Schema) -> Schema:
    """`node` with its `$ref` followed; what the node itself says wins."""
    if "$ref" not in node:
        return node
    target: Schema = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **node}


def _node(schema: Schema, loc: Loc) -> Schema:
    node: Schema = schema
    for part in loc:
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part) or node.get("additionalProperties") or {}
        node = resolve(schema, node) if isinstance(node, Mapping) else {}
    return node


def _names(schema: Schema, loc: Loc) -> Iterator[str]:
    is_key = loc[-1] == "[key]"
    node = resolve(schema, _node(schema, loc[:-2]).get("propertyNames", {}) if is_key else _node(schema, loc))
    yield from (str(value) for value in node.get("enum", [node["const"]] if "const" in node else []))


def _description(schema: Schema, loc: Loc) -> str:
    return str(_node(schema, loc).get("description", "")).rstrip(".") if loc else ""


def _listed(valid: Sequence[str]) -> str:
    return f"valid: {', '.join(valid)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

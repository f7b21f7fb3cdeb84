"""Reading a TOML file into a pydantic model, or refusing it with the place, the reason and the nearest valid name."""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.refusal import explain, is_echo, refusal_of
from core.errors import ConfigurationRefused

MAX_BYTES = 2_000_000
"""A policy with every list full stays below this."""

MOST_TOLD = 50
"""How much of what is wrong is told at once: finding the line of each takes its time, and nobody reads more."""

TOO_DEEP = "is nested too deeply"

Loc = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


def load_toml(path: Path, model: type[Model]) -> Model:
    """What stands in `path`, as a `model`.

    Raises:
        ConfigurationRefused: the file can't be read or something in it is wrong; several at once as `SeveralRefused`.
    """
    return validated(parsed(path.name, read_text(path)), model, lambda loc: place_in(path.name, loc))


def validated(data: Mapping[str, Any], model: type[Model], place: Callable[[Loc], str]) -> Model:
    """The data as a `model`; `place` names where something stands that is wrong. Raises: as `load_toml`."""
    try:
        # JSON in strict mode: lists become tuples and sets, but true is no number and "3" isn't 3.
        return model.model_validate_json(json.dumps(data, default=str), strict=True)
    except RecursionError:
        raise ConfigurationRefused(place(()), TOO_DEEP) from None
    except ValidationError as errors:
        schema = model.model_json_schema()
        wrong = [error for error in errors.errors(include_url=False) if not is_echo(error)]
        raise refusal_of(
            [ConfigurationRefused(place(error["loc"]), *explain(error, schema)) for error in wrong[:MOST_TOLD]]
        ) from None


def place_in(name: str, loc: Loc) -> str:
    """`policy.toml: ladder[2].action`: the path as TOML has it, its lists counted from 0."""
    path = ""
    for part in loc:
        if part != "[key]":
            path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return f"{name}: {path}" if path else name


def read_text(path: Path) -> str:
    """The file's text. Raises: `ConfigurationRefused`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationRefused(path.name, f"can't be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ConfigurationRefused(path.name, f"is larger than {MAX_BYTES:,} bytes", "is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationRefused(
            f"{path.name}: line {line}", "is not text in UTF-8", "save the file again as UTF-8"
        ) from None


def parsed(name: str, text: str) -> dict[str, Any]:
    """The text as TOML; `name` is the file's. Raises: `ConfigurationRefused`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationRefused(
            name, f"is not valid TOML: {error}", 'a text value stands in straight quotation marks, "like this"'
        ) from None
    except RecursionError:
        raise ConfigurationRefused(name, TOO_DEEP) from None
    except ValueError:  # Python reads no number of more than some thousand digits
        raise ConfigurationRefused(name, "holds a number that is too long") from None

"""Reads a community's policy from TOML, or refuses it with the place, the reason and the nearest valid name."""

import json
import tomllib
from pathlib import Path
from typing import Any

import re2
from pydantic import ValidationError

from config.refusal import explain, nearest, refusal_of
from core.errors import ConfigurationRefused
from core.model.policy import CommunityPolicy

FOLDER = Path(__file__).parent
PRESETS = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
MAX_BYTES = 2_000_000
"""A policy with every list full stays below this."""


def policy_json_schema() -> dict[str, Any]:
    """The JSON schema of a policy file, for editors, forms and the reference page."""
    return CommunityPolicy.model_json_schema()


def load_policy(name_or_path: str) -> CommunityPolicy:
    """The policy of that preset, or in that file.

    Raises:
        ConfigurationRefused: there is no such policy or something in it is wrong; several at once as `SeveralRefused`.
    """
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in PRESETS else Path(name_or_path)
    data = _parse(path.name, _read(name_or_path, path))
    try:
        # JSON in strict mode: lists become tuples and sets, but true is no number and "3" isn't 3.
        policy = CommunityPolicy.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as errors:
        schema = policy_json_schema()
        raise refusal_of(
            [
                ConfigurationRefused(_place(path.name, error["loc"]), *explain(error, schema))
                for error in errors.errors(include_url=False)
            ]
        ) from None
    _compile_patterns(path.name, policy)
    return policy


def _read(asked: str, path: Path) -> str:
    if not path.is_file():
        presets = f"presets: {', '.join(PRESETS)}"
        hint = nearest(asked, PRESETS)
        raise ConfigurationRefused(
            asked,
            "there is no such preset or policy file",
            f"{hint} {presets}" if hint.startswith("did") else presets,
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationRefused(path.name, f"can't be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ConfigurationRefused(path.name, f"is larger than {MAX_BYTES:,} bytes", "is it a policy?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationRefused(
            f"{path.name}: line {line}", "is not text in UTF-8", "save the file again as UTF-8"
        ) from None


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationRefused(
            name, f"is not valid TOML: {error}", "a text value stands in quotation marks"
        ) from None
    except RecursionError:
        raise ConfigurationRefused(name, "is nested too deeply") from None


def _place(name: str, loc: tuple[int | str, ...]) -> str:
    """`policy.toml: ladder[2].action`: the path as TOML has it, its lists counted from 0."""
    path = ""
    for part in loc:
        if part != "[key]":
            path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return f"{name}: {path}" if path else name


def _compile_patterns(name: str, policy: CommunityPolicy) -> None:
    options = re2.Options()
    options.log_errors = False
    refusals = []
    for index, pattern in enumerate(policy.patterns):
        try:
            re2.compile(pattern.pattern, options)
        except re2.error as error:
            reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
            refusals.append(
                ConfigurationRefused(
                    _place(name, ("patterns", index, "pattern")),
                    f"RE2 can't read it: {reason}",
                    "RE2 has no lookaround and no back-references",
                )
            )
    if refusals:
        raise refusal_of(refusals)

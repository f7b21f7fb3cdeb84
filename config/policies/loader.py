"""Reads a community's policy: one of the presets, or a file of its own."""

from pathlib import Path
from typing import Any

import re2

from config.refusal import nearest, refusal_of
from config.toml_file import load_toml, place_in
from core.errors import ConfigurationRefused
from core.model.policy import CommunityPolicy

FOLDER = Path(__file__).parent
PRESETS = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def policy_json_schema() -> dict[str, Any]:
    """The JSON schema of a policy file, for editors, forms and the reference page."""
    return CommunityPolicy.model_json_schema()


def load_policy(name_or_path: str, folder: Path = Path()) -> CommunityPolicy:
    """The policy of that preset, or in that file, whose path counts from `folder`.

    Raises:
        ConfigurationRefused: there is no such policy or something in it is wrong; several at once as `SeveralRefused`.
    """
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in PRESETS else folder / name_or_path
    if not path.is_file():
        raise _no_such_policy(name_or_path)
    policy = load_toml(path, CommunityPolicy)
    _compile_patterns(path.name, policy)
    return policy


def _no_such_policy(asked: str) -> ConfigurationRefused:
    presets = f"presets: {', '.join(PRESETS)}"
    hint = nearest(asked, PRESETS)
    return ConfigurationRefused(
        asked, "there is no such preset or policy file", f"{hint} {presets}" if hint.startswith("did") else presets
    )


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
                    place_in(name, ("patterns", index, "pattern")),
                    f"RE2 can't read it: {reason}",
                    "RE2 has no lookaround and no back-references",
                )
            )
    if refusals:
        raise refusal_of(refusals)

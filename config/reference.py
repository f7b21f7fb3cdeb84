"""The reference pages of docs/, written from the models themselves: `python -m config.reference docs` renews them."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from config.communities import CommunitiesFile
from config.policies.loader import PRESETS, policy_json_schema
from config.refusal import Schema, resolve
from config.resources.entries import ServicesFile
from config.settings import PREFIX, SECRETS_DIR, Settings

WRITTEN = "<!-- Written by `make docs` from the declarations in the code; edits here are lost. -->"

POLICY_INTRODUCTION = f"""\
A policy is a TOML file: what concerns people in your community, and what follows. Start from a preset
({", ".join(PRESETS)}, in `config/policies/`) or from an empty file, which is a valid policy. A field or value
that doesn't exist is refused with its place, the reason and the nearest one that does."""

COMMUNITIES_INTRODUCTION = """\
Which communities the bot serves. `lightkeeper init` writes this file; it is TOML, named `communities.toml`, in the
folder where the bot starts. Ids stand in quotation marks, as the platform writes them. What somebody may see and decide
follows from the lists of owners, moderators and responders."""

RESOURCES_INTRODUCTION = """\
Services of your own, in `resources.toml` beside your communities file; [the guide](guides/resources.md) tells how they
come to be shown. `lightkeeper resources add` asks for the fields and writes them. What ships, in `config/resources/`,
has the same form. A file that is wrong is named with its line, and what was last read well stays."""

SETTINGS_INTRODUCTION = f"""\
How the process runs. Set them in the environment, in a file named `.env` in the folder where you start it, or one
file a secret in a folder (`/run/secrets`, or the one that `{SECRETS_DIR}` names); the environment wins over
`.env`, and `.env` over the folder. A name that begins with `{PREFIX}` and means nothing is refused, and the process
ends with exit code 78."""


def policy_page() -> str:
    """docs/policy.md."""
    schema = policy_json_schema()
    lines = [
        "# The policy file",
        "",
        WRITTEN,
        "",
        POLICY_INTRODUCTION,
        "",
        *_table(schema, schema, "At the top of the file"),
    ]
    for name, field in schema["properties"].items():
        lines += _section(schema, name, field)
    return "\n".join(lines).rstrip() + "\n"


def communities_page() -> str:
    """docs/communities.md."""
    schema = CommunitiesFile.model_json_schema()
    lines = ["# The communities file", "", WRITTEN, "", COMMUNITIES_INTRODUCTION, ""]
    lines += _table(schema, schema, "At the top of the file")
    lines += _section(schema, "community", schema["properties"]["community"])
    return "\n".join(lines).rstrip() + "\n"


def resources_page() -> str:
    """docs/resources.md."""
    schema = ServicesFile.model_json_schema()
    lines = ["# The file of your own services", "", WRITTEN, "", RESOURCES_INTRODUCTION, ""]
    lines += _table(schema, schema, "At the top of the file")
    lines += _section(schema, "service", schema["properties"]["service"])
    service = resolve(schema, schema["properties"]["service"]["items"])
    for name in ("contacts", "openings"):
        lines += _table(schema, resolve(schema, service["properties"][name]["items"]), f"Each of `{name}`")
    return "\n".join(lines).rstrip() + "\n"


def settings_page() -> str:
    """docs/settings.md."""
    schema = Settings.model_json_schema()
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_bounds(schema, field)} | {_default(field)} | {field['description']} |"
        for name, field in schema["properties"].items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            WRITTEN,
            "",
            SETTINGS_INTRODUCTION,
            "",
            "| name | values | default | what it does |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def write_pages(folder: Path) -> None:
    """Writes the pages into `folder`."""
    (folder / "communities.md").write_text(communities_page(), encoding="utf-8")
    (folder / "policy.md").write_text(policy_page(), encoding="utf-8")
    (folder / "resources.md").write_text(resources_page(), encoding="utf-8")
    (folder / "settings.md").write_text(settings_page(), encoding="utf-8")


def _section(schema: Schema, name: str, field: Schema) -> Iterator[str]:
    field = resolve(schema, field)
    if "items" in field and "$ref" in field["items"]:
        yield from _table(schema, resolve(schema, field["items"]), f"Each `[[{name}]]`")
        for inner, value in resolve(schema, field["items"])["properties"].items():
            if "additionalProperties" in value:
                target = resolve(schema, value["additionalProperties"])
                yield from _table(schema, target, f"`[{name}.{inner}.CATEGORY]` below a `[[{name}]]`")
    elif "properties" in field:
        inner_fields = {inner: resolve(schema, value) for inner, value in field["properties"].items()}
        if not all("properties" in each for each in inner_fields.values()):
            yield from _table(schema, field, f"`[{name}]`")
        for inner, value in inner_fields.items():
            if "properties" in value:
                yield from _table(schema, value, f"`[{name}.{inner}]`", value.get("default"))
            elif "$ref" in value.get("items", {}):
                yield from _table(schema, resolve(schema, value["items"]), f"Each `[[{name}.{inner}]]`")


def _table(schema: Schema, model: Schema, title: str, defaults: Mapping[str, Any] | None = None) -> list[str]:
    lines = [
        f"## {title}",
        "",
        model["description"],
        "",
        "| field | values | default | what it does |",
        "|---|---|---|---|",
    ]
    for name, field in model["properties"].items():
        if defaults and name in defaults:
            field = {**field, "default": defaults[name]}
        is_needed = name in model.get("required", ())
        default = "needed" if is_needed else _default(field)
        lines.append(f"| `{name}` | {_bounds(schema, field)} | {default} | {_describe(schema, field)} |")
    return [*lines, ""]


def _describe(schema: Schema, field: Schema) -> str:
    inner = next((option["description"] for option in field.get("anyOf", ()) if "description" in option), "")
    text = str(resolve(schema, field)["description"])
    return f"{text} {inner.capitalize()}." if inner else text


def _bounds(schema: Schema, field: Schema) -> str:
    """What a field takes, in words."""
    field = resolve(schema, field)
    if "anyOf" in field:
        return _bounds(schema, next(option for option in field["anyOf"] if option["type"] != "null"))
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    match field["type"]:
        case "integer" | "number":
            what = "whole number" if field["type"] == "integer" else "number"
            return f"{what}, {field['minimum']:g} to {field['maximum']:,}".replace(".0", "")
        case "boolean":
            return "`true` or `false`"
        case "string" if field.get("format") in {"date", "time"}:
            return str(field["format"])
        case "string":
            longest = f", at most {field['maxLength']} characters" if "maxLength" in field else ""
            return "text" + longest
        case "array":
            items = resolve(schema, field["items"])
            what = "tables" if "properties" in items else _bounds(schema, items).replace("text", "texts", 1)
            return f"list of {what}" + (f", at most {field['maxItems']:,}" if "maxItems" in field else "")
        case _:
            names = field.get("propertyNames", {}).get("enum")
            return "table" + (f" by {', '.join(f'`{name}`' for name in names)}" if names else "")


def _default(field: Schema) -> str:
    default = field.get("default")
    if default in (None, "", [], {}) or isinstance(default, dict):
        return "–"
    return f"`{json.dumps(default)}`"


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))

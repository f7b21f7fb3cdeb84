"""What the person who runs the process decides: from the environment, a `.env` file and a secrets folder.

Names carry the prefix `LIGHTKEEPER_`. The environment wins over `.env`, which wins over the secrets folder. A name with
our prefix that means nothing is refused rather than ignored: a misspelt setting is a setting that somebody relies on.
"""

import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv.parser import parse_stream
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.refusal import explain, nearest, refusal_of
from core.errors import ConfigurationRefused

PREFIX = "LIGHTKEEPER_"
SECRETS_DIR = "LIGHTKEEPER_SECRETS_DIR"
DEFAULT_SECRETS_DIR = Path("/run/secrets")
TEST_NAMES = frozenset(
    {
        "LIGHTKEEPER_STRICT",
        "LIGHTKEEPER_TEST_POSTGRES",
        "LIGHTKEEPER_SPECS",
        "LIGHTKEEPER_KILLS",
        "LIGHTKEEPER_CHROMIUM",
    }
)
"""Names with our prefix that the tests read and the program does not."""

DATABASES = ("sqlite+aiosqlite://", "postgresql+asyncpg://")


class Settings(BaseSettings):
    """How this process runs; what a community wants stands in its policy."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Field(
        Path("var"), description="The folder that holds the database and its key file. The demo takes --dir instead."
    )
    database_url: SecretStr | None = Field(
        None,
        description="Another database: sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/NAME. "
        "Without it, SQLite in the data folder.",
    )
    master_key: SecretStr | None = Field(
        None, description="The key that seals texts, instead of the key file that the first run makes."
    )
    upgrade_without_backup: bool = Field(
        False,
        description="Upgrade the database of an older version though no backup of it can be made here, as with "
        "PostgreSQL: make one yourself first, and set this for one start.",
    )
    communities: Path = Field(
        Path("communities.toml"),
        description="The file that says which communities are served; `lightkeeper init` writes it.",
    )
    discord_token: SecretStr | None = Field(None, description="The token of the Discord bot, where Discord is served.")
    telegram_token: SecretStr | None = Field(
        None, description="The token of the Telegram bot, where Telegram is served."
    )
    telegram_api_url: Annotated[str, Field(pattern=r"^https?://[^\s]+[^\s/]$")] = Field(
        "https://api.telegram.org", description="Another Bot API server than Telegram's own, such as one you host."
    )
    heartbeat_url: SecretStr | None = Field(
        None,
        description="Asked for (GET) every minute while everything works, with nothing in it: a service that "
        "misses it can wake you. Nobody is asked without it.",
    )
    policy: Annotated[str, Field(min_length=1)] = Field(
        "general",
        description="A preset (general, gaming, support-community) or a policy file, for the demo; a community names "
        "its own in the communities file.",
    )
    detoxify_checkpoint: Path | None = Field(
        None,
        description="A checkpoint of Detoxify to judge with too, see docs/guides/detoxify.md; needs the extra "
        "`detoxify`.",
    )
    detoxify_sha256: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{64}$")] | None = Field(
        None,
        validate_default=True,
        description="The SHA-256 that the checkpoint has to have, 64 hexadecimal digits; another file is not read.",
    )
    detoxify_config: Path | None = Field(
        None,
        validate_default=True,
        description="The folder with the checkpoint's config.json and tokenizer files; nothing is downloaded.",
    )
    detoxify_device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where Detoxify computes; auto takes a GPU where there is one."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="console for people, json for machines, auto: console on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least grave line logged.")
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")] = Field(
        "en", description="The language of the bot's own texts; English where a text has no translation."
    )
    host: str = Field(
        "127.0.0.1",
        description="The address that the web pages listen on: a loopback address, out of reach of other machines.",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8765, description="The port of the web pages; 0 takes any free one."
    )

    @field_validator("host")
    @classmethod
    def _loopback(cls, host: str) -> str:
        if host == "localhost":
            return host
        try:
            address = ip_address(host)
        except ValueError:
            raise ValueError("has to be a loopback address such as 127.0.0.1 or ::1") from None
        if not address.is_loopback:
            raise ValueError("has to be a loopback address: anybody who reaches these pages may act as a moderator")
        return host

    @field_validator("heartbeat_url")
    @classmethod
    def _web_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("has to begin with https:// or http://")
        return url

    @field_validator("detoxify_sha256", "detoxify_config")
    @classmethod
    def _together(cls, value: object, info: ValidationInfo) -> object:
        checkpoint = info.data.get("detoxify_checkpoint")
        if value is None and checkpoint is not None:
            raise ValueError(f"is needed beside {PREFIX}DETOXIFY_CHECKPOINT")
        if value is not None and checkpoint is None and "detoxify_checkpoint" in info.data:
            raise ValueError(f"means nothing without {PREFIX}DETOXIFY_CHECKPOINT")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(DATABASES):
            raise ValueError(f"has to begin with {' or '.join(DATABASES)}")
        return url

    @property
    def database(self) -> str:
        """The database's address; it may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir / 'lightkeeper.sqlite3'}"

    @property
    def key_path(self) -> Path | None:
        """Where the keys lie, without their endings; None where they lie beside the database's own file."""
        return None if self.database.startswith("sqlite") else self.data_dir / "lightkeeper"


def load_settings(env_file: Path | None = Path(".env"), **given: Any) -> Settings:
    """The settings of this process.

    Args:
        env_file: Read if it is there; None reads none.
        given: Values from the command line, which win over everything; None means not given.

    Raises:
        ConfigurationRefused: a value is wrong or a name is unknown; several at once as `SeveralRefused`.
    """
    from_file = dict(_read_env_file(env_file)) if env_file is not None else {}
    secrets_dir = _secrets_dir(from_file)
    named = {
        **{name: f"secrets folder: {name}" for name in _secret_names(secrets_dir)},
        **{name: f"{env_file}: {name}" for name in from_file},
        **{name: name for name in map(str.upper, os.environ) if name.startswith(PREFIX)},
    }
    refusals = list(_unknown(named))
    try:
        settings = Settings(
            _env_file=env_file if from_file else None,
            _env_file_encoding="utf-8",
            _secrets_dir=secrets_dir,
            **{name: value for name, value in given.items() if value is not None},
        )
    except ValidationError as errors:
        schema = Settings.model_json_schema()
        for error in errors.errors(include_url=False):
            field = str(error["loc"][0]).lower().removeprefix(PREFIX.lower())
            where = (
                f"--{field.replace('_', '-')}" if given.get(field) is not None else named.get(PREFIX + field.upper())
            )
            refusals.append(
                ConfigurationRefused(where or PREFIX + field.upper(), *explain({**error, "loc": (field,)}, schema))
            )
        raise refusal_of(refusals) from None
    if refusals:
        raise refusal_of(refusals)
    return settings


def _read_env_file(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8") as stream:
            for binding in parse_stream(stream):
                if binding.error:
                    raise ConfigurationRefused(
                        f"{path}: line {binding.original.line}", "can't be read", "write NAME=value, one a line"
                    )
                name = (binding.key or "").upper()
                if name.startswith(PREFIX):
                    yield name, binding.value or ""
    except UnicodeDecodeError:
        raise ConfigurationRefused(str(path), "is not a text file in UTF-8", "save it again as UTF-8") from None
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        hint = "begin in the bot's own folder, as the user whom it belongs to"
        raise ConfigurationRefused(str(path), f"can't be read: {error.strerror}", hint) from None


def _secrets_dir(from_file: Mapping[str, str]) -> Path | None:
    named = os.environ.get(SECRETS_DIR) or from_file.get(SECRETS_DIR)
    if named:
        if not Path(named).is_dir():
            raise ConfigurationRefused(SECRETS_DIR, "is not a folder", "name a folder with one file a secret")
        return Path(named)
    return DEFAULT_SECRETS_DIR if DEFAULT_SECRETS_DIR.is_dir() else None


def _secret_names(folder: Path | None) -> Iterator[str]:
    if folder is not None:
        yield from (path.name.upper() for path in folder.iterdir() if path.name.upper().startswith(PREFIX))


def _unknown(named: Mapping[str, str]) -> Iterator[ConfigurationRefused]:
    fields = sorted(field.upper() for field in Settings.model_fields)
    for name in sorted(set(named) - {PREFIX + field for field in fields} - TEST_NAMES - {SECRETS_DIR}):
        hint = nearest(name.removeprefix(PREFIX), fields, PREFIX)
        yield ConfigurationRefused(named[name], "there is no such setting", hint)

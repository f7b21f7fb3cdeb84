"""The revisions of the schema that this version knows, and bringing a database to the newest of them."""

from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def revision_of(connection: Connection) -> str | None:
    """What a database says of itself; None when it is none of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """This version's own."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:
        raise RuntimeError("there are no revisions beside this module")
    return newest


def known_revisions() -> frozenset[str]:
    """Every revision that this version can upgrade from, and its own."""
    return frozenset(each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def bring_up(connection: Connection, now: datetime) -> None:
    """Run what is missing up to the newest revision, inside the connection's transaction; `now` is told to it."""
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["now"] = now
    command.upgrade(config, "head")


def this_version() -> str:
    """The version of Lightkeeper that runs."""
    try:
        return version("lightkeeper")
    except PackageNotFoundError:  # run from a folder without being installed
        return "unknown"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

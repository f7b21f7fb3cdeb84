"""All areas, one after the other; what depends on something that is wrong is said to be left out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx

from adapters.store.engine import file_of
from adapters.store.health import StoreHealth, inspect
from bots.assets import HOME
from bots.doctor.configuration import examine_communities, examine_settings
from bots.doctor.help import examine_help
from bots.doctor.judging import examine_filters, examine_installation, examine_texts, languages_in
from bots.doctor.machine import examine_clock, examine_heartbeat, examine_machine
from bots.doctor.platforms import clock_urls, examine_platforms
from bots.doctor.section import Section, problems_of
from bots.doctor.storage import examine_data_folder, examine_database
from bots.platforms import adapter_names
from config.communities import Served
from config.settings import Settings
from config.texts.catalogue import FOLDER
from core.errors import ConfigurationRefused

NEEDS_SETTINGS = "not looked at: mend the settings first"


async def examine(
    *, env_file: Path = Path(".env"), is_online: bool = True, filters: Path = HOME, texts: Path = FOLDER
) -> Sequence[Section]:
    """Look at everything and change nothing.

    Args:
        env_file: The file that may hold settings.
        is_online: Ask the platforms and the heartbeat's service too.
        filters: Where lexicons, models and their manifest lie.
        texts: Where the .po files lie.
    """
    about_settings, settings = examine_settings(env_file)
    sections = [examine_installation(), about_settings]
    if settings is None:
        left_out = ("Communities", "Help", "Data folder", "Database", "Machine", "Platforms")
        sections += [Section(name=name, note=NEEDS_SETTINGS, is_skipped=True) for name in left_out]
        return [*sections, examine_filters(None, filters), examine_texts(None, texts)]
    about_communities, served = examine_communities(settings, adapter_names(), datetime.now(UTC), languages_in(texts))
    help_for = served.communities.values() if served else ()
    about_database, health = await _database(settings)
    sections += [
        about_communities,
        examine_help(settings, help_for, datetime.now(UTC).date()),
        examine_data_folder(settings.data_dir, _database_folder(settings)),
        about_database,
        examine_machine(settings, is_held=health is not None and health.is_held),
        examine_filters(settings, filters),
        examine_texts(settings, texts),
    ]
    if is_online:
        sections += await _outside(settings, served)
    else:
        sections.append(Section(name="Platforms", note="not asked", is_skipped=True))
    return sections


def _database_folder(settings: Settings) -> Path | None:
    try:
        file = file_of(settings.database)
    except ConfigurationRefused:
        return None  # told of the database
    return file.parent if file else None


async def _database(settings: Settings) -> tuple[Section, StoreHealth | None]:
    given = settings.master_key.get_secret_value() if settings.master_key else None
    try:
        health = await inspect(settings.database, key_path=settings.key_path, given_master_key=given, checks_audit=True)
    except ConfigurationRefused as refused:
        return Section(name="Database", problems=problems_of(refused)), None
    return examine_database(health, datetime.now(UTC), master_key_is_set=given is not None), health


async def _outside(settings: Settings, served: Served | None) -> Sequence[Section]:
    sections = [await examine_platforms(settings, served)]
    async with httpx.AsyncClient(trust_env=False) as client:
        sections.append(await examine_clock(clock_urls(settings), client))
        if settings.heartbeat_url is not None:
            sections.append(await examine_heartbeat(settings.heartbeat_url.get_secret_value(), client))
    return sections

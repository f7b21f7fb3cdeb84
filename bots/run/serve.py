"""`lightkeeper run`: the real engine, store and desk around the platforms of the communities that are served.

It ends in order: the pages go, nothing more comes in, what is being decided and delivered is finished, workers end,
connections and then the database are closed. Each step has its time, so that the whole is over in less than 20 seconds.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress

from adapters.console.ending import Ending
from adapters.console.feed import Feed
from adapters.console.notices import NoticeBoard
from adapters.console.office_app import create_office
from adapters.console.serving import bind, serve
from adapters.local.clock import SystemClock
from adapters.metrics.exposition import MEDIA_TYPE
from adapters.store.database import Database
from adapters.store.health import StoreHealth, inspect
from bots.care import Care
from bots.models import load_models
from bots.patience import Patience
from bots.platforms import Connect, connectors
from bots.run.connected import close, listening
from bots.run.data_folder import address_of, console_key, link_of, make_data_folder
from bots.run.elsewhere import kept_elsewhere
from bots.run.health import Health
from bots.run.heartbeat import Heartbeat
from bots.run.offices import RunOffices
from bots.run.people import People
from bots.run.pulse import Pulse
from bots.run.systemd import Systemd
from bots.run.taking_in import WatchedIntake
from bots.run.telling import LoggedNotices
from bots.running import running
from bots.supervisor import supervised
from config.communities import load_communities
from config.resources.files import Files
from config.settings import Settings
from config.texts.catalogue import Catalogue
from core.errors import ConfigurationRefused
from core.model.card import Text
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from core.ports import Clock, Connection

STORE_CLOSES_S = 5.0

CUT_OFF = 1
"""The exit code when something had to be cut off at the end; it is taken up at the next start."""


async def serve_bot(
    *,
    settings: Settings,
    ending: Ending,
    patience: Patience,
    connects: Mapping[str, Connect] | None = None,
    on_address: Callable[[str, int, str], None] | None = None,
) -> int:
    """Serve the communities until `ending` is asked for; returns the exit code.

    Args:
        settings: Of this process.
        ending: Ask it for the end.
        patience: How long that may take.
        connects: How to connect to each platform; the installed adapters otherwise.
        on_address: Told the console's host, port and key once it answers; prints its address otherwise.

    Raises: `ConfigurationRefused` for whatever the owner has to mend before the bot can start.
    """
    texts = Catalogue()
    served = load_communities(settings.communities, texts.languages())
    directory = Files(settings.communities.parent)
    platforms = sorted({each.platform for each in served.communities.values()})
    connects = connectors(platforms, settings) if connects is None else connects
    policies: dict[CommunityId | None, CommunityPolicy] = {None: CommunityPolicy()}
    policies.update(served.policies.items())
    make_data_folder(settings.data_dir)
    clock, board, feed, pulse, systemd = SystemClock(), NoticeBoard(), Feed(), Pulse(), Systemd()
    notices = LoggedNotices(board)
    async with AsyncExitStack() as stack:
        socket = stack.enter_context(bind(settings.host, settings.port))
        port = socket.getsockname()[1]
        key = console_key(settings.data_dir)
        database = await opened(settings, clock)
        stack.push_async_callback(patience.close, "store", STORE_CLOSES_S, database.close)
        _tell_settled(database, notices)
        waiting = (await database.store.counts())["intake"]
        intake = WatchedIntake(database.intake, clock, waiting)
        connections: dict[str, Connection] = {
            name: connects[name](communities=served.of(name), intake=intake, clock=clock, notices=notices, texts=texts)
            for name in platforms
        }
        stack.push_async_callback(close, connections, patience)
        people = People(served.communities, connections)
        house = await stack.enter_async_context(
            running(
                store=database.store,
                intake=intake,
                policies=policies,
                models=load_models(settings),
                platforms={name: each.platform for name, each in connections.items()},
                staff=people,
                clock=clock,
                notices=notices,
                sweep=database.sweep,
                care=Care(
                    store=database.store,
                    communities=served.communities,
                    directory=directory,
                    boards={name: each.board for name, each in connections.items() if each.board is not None},
                    languages=texts.languages(),
                    channel_name=lambda _, channel: people.channel_name(channel),
                    leaves=kept_elsewhere(settings.database),
                ),
                communities={each.id: each.name for each in served.communities.values()},
                patience=patience,
                on_change=lambda: feed.tell("queue"),
            )
        )
        await stack.enter_async_context(
            listening(connections, clock=clock, notices=notices, patience=patience, on_refused=_say_refused)
        )

        async def look() -> StoreHealth:
            return await _inspected(settings)

        health = Health(
            store=database.store,
            house=house,
            intake=intake,
            connections=connections,
            board=board,
            pulse=pulse,
            clock=clock,
            inspect=look,
        )
        loops = {"pulse": pulse.run, "systemd": systemd.run}
        if settings.heartbeat_url is not None:
            url = settings.heartbeat_url.get_secret_value()
            loops["heartbeat"] = Heartbeat(url, is_ready=health.is_ready, clock=clock, notices=notices).run
        await stack.enter_async_context(supervised(loops, clock, notices))
        console = create_office(
            queue=house.queue,
            offices=RunOffices(
                served=served,
                people=people,
                connections=connections,
                screened=lambda: house.engine.counts.messages,
            ),
            texts=texts,
            clock=clock,
            notices=board,
            key=key,
            readiness=health.readiness,
            metrics=health.metrics,
            metrics_type=MEDIA_TYPE,
            duty=house.duty,
            feed=feed,
            ending=ending,
        )
        if not ending.is_asked:
            (on_address or print_address)(settings.host, port, key)
            systemd.tell("READY=1")
            await serve(console, socket, ending)
        systemd.tell("STOPPING=1")
    return 0 if patience.was_enough else CUT_OFF


async def opened(settings: Settings, clock: Clock) -> Database:
    """The database that the settings name. Raises: as `Database.open`."""
    return await Database.open(
        settings.database,
        clock=clock,
        key_path=settings.key_path,
        given_master_key=settings.master_key.get_secret_value() if settings.master_key else None,
        upgrades_without_backup=settings.upgrade_without_backup,
    )


def print_address(host: str, port: int, key: str) -> None:
    """Where the console is. The key goes to a terminal only: what a service prints is kept in a journal."""
    if sys.stdout.isatty():
        sys.stdout.write(f"The console is at {link_of(host, port, key)}\n(Ctrl+C ends Lightkeeper)\n")
    else:
        sys.stdout.write(f"The console is at {address_of(host, port)}; `lightkeeper console` prints the link to it\n")
    sys.stdout.flush()


async def _inspected(settings: Settings) -> StoreHealth:
    return await inspect(
        settings.database,
        key_path=settings.key_path,
        given_master_key=settings.master_key.get_secret_value() if settings.master_key else None,
        checks_integrity=False,
    )


def _say_refused(name: str, refused: ConfigurationRefused) -> None:
    """Whoever starts it sees at once what to mend; later it stands on the console."""
    with suppress(OSError):  # nobody reads it any more: no reason to ask the platform again at once
        sys.stdout.write(f"{name} is not served: {refused}\n")
        sys.stdout.flush()


def _tell_settled(database: Database, notices: LoggedNotices) -> None:
    settled = database.settled
    if settled is not None:
        params: dict[str, str | int] = {"open": settled.open_cases, "pending": len(settled.unknown)}
        notices.raise_notice("restored", Text(key="notice.restored", params=params))

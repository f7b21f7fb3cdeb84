"""`lightkeeper restore`."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import USAGE, app


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="A backup: a file, or a name in the folder `backups`.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Set the database aside that is there; it is not deleted.")
    ] = False,
    forget_texts: Annotated[
        bool, typer.Option("--forget-texts", help="The keys are lost: give back everything but the words.")
    ] = False,
    undo_upgrade: Annotated[
        bool, typer.Option("--undo-upgrade", help="Go back to the database as it was before the last upgrade.")
    ] = False,
    after_pg_restore: Annotated[
        bool, typer.Option("--after-pg-restore", help="PostgreSQL: settle what pg_restore has just put back.")
    ] = False,
) -> None:
    """Put a backup back: what was erased since stays erased, and nothing that may have been done is repeated."""
    from adapters.local.clock import SystemClock
    from bots.run.data_folder import check_user
    from bots.safekeeping import flow, telling
    from config.settings import load_settings
    from core.errors import Unavailable

    settings, clock = load_settings(), SystemClock()
    check_user(settings.data_dir)
    if sum((file is not None, undo_upgrade, after_pg_restore)) != 1:
        typer.echo("Name one backup, or --undo-upgrade, or --after-pg-restore. What is there:", err=True)
        for path in flow.backups_of(settings):
            typer.echo(f"  {path}", err=True)
        raise typer.Exit(USAGE)

    def done() -> Iterator[str]:
        if file is not None:
            putting = flow.put_back(settings, file, clock, replaces=replace, forgets_texts=forget_texts)
            return telling.told_restore(asyncio.run(putting))
        if undo_upgrade:
            return telling.told_restore(asyncio.run(flow.undo_upgrade(settings, clock)))
        settled = asyncio.run(flow.settle_server(settings, clock, forgets_texts=forget_texts))
        return telling.told_settled(settled, taken="It was put back at")

    try:
        for line in done():
            typer.echo(line)
    except Unavailable as error:
        typer.echo(f"lightkeeper restore: {error}", err=True)
        raise typer.Exit(1) from None

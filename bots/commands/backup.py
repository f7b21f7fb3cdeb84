"""`lightkeeper backup`."""

from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import USAGE, app


@app.command()
def backup(
    path: Annotated[
        Path | None,
        typer.Argument(help="A new file, or a folder for automatic names; `backups` beside the database otherwise."),
    ] = None,
    keep: Annotated[
        int, typer.Option(min=1, help="How many automatic backups stay in the folder; the oldest make room.")
    ] = 14,
    keys: Annotated[
        Path | None, typer.Option(help="Copy the key file instead, over its older copy, to a place without backups.")
    ] = None,
) -> None:
    """Copy the database to one checked file, also while the bot runs; the keys are never in it."""
    from adapters.local.clock import SystemClock
    from bots.run.data_folder import check_user
    from bots.safekeeping import flow, telling
    from config.settings import load_settings
    from core.errors import Unavailable

    if keys is not None and path is not None:
        typer.echo("lightkeeper backup: keys and database go to different places: name one of them", err=True)
        raise typer.Exit(USAGE)
    settings = load_settings()
    check_user(settings.data_dir)
    try:
        if keys is not None:
            lines = telling.told_keys(keys, flow.keep_keys(settings, keys))
        else:
            lines = telling.told_backup(flow.back_up(settings, path, keep, SystemClock()))
    except Unavailable as error:
        typer.echo(f"lightkeeper backup: {error}", err=True)
        raise typer.Exit(1) from None
    for line in lines:
        typer.echo(line)

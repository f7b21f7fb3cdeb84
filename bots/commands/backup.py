"""`lightkeeper backup`."""

from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import app


@app.command()
def backup(
    path: Annotated[
        Path | None,
        typer.Argument(help="A new file, or a folder for automatic names; `backups` beside the database otherwise."),
    ] = None,
    keep: Annotated[
        int, typer.Option(min=1, help="How many automatic backups stay in the folder; the oldest make room.")
    ] = 14,
) -> None:
    """Copy the database to one checked file, also while the bot runs; the keys are never in it."""
    from adapters.local.clock import SystemClock
    from bots.safekeeping.flow import back_up
    from bots.safekeeping.telling import told_backup
    from config.settings import load_settings
    from core.errors import Unavailable

    try:
        made = back_up(load_settings(), path, keep, SystemClock())
    except Unavailable as error:
        typer.echo(f"lightkeeper backup: {error}", err=True)
        raise typer.Exit(1) from None
    for line in told_backup(made):
        typer.echo(line)

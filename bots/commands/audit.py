"""`lightkeeper audit`."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import app


@app.command()
def audit(
    community: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this one, such as discord:123456789012345678.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="A new file; standard output otherwise.")] = None,
) -> None:
    """Write the audit as JSON lines, oldest first, and check its hash chain; also while the bot runs.

    Exit code 0: every chain holds. 1: one doesn't; standard error names the entry.
    """
    from bots.run.data_folder import check_user
    from bots.safekeeping import auditing
    from config.settings import load_settings
    from core.errors import Unavailable

    settings = load_settings()
    check_user(settings.data_dir)
    try:
        if out is None:
            done = asyncio.run(auditing.export(settings, community, sys.stdout.write))
            sys.stdout.flush()
        else:
            with auditing.new_file(out) as write:
                done = asyncio.run(auditing.export(settings, community, write))
    except Unavailable as error:
        typer.echo(f"lightkeeper audit: {error}", err=True)
        raise typer.Exit(1) from None
    for line in auditing.told(done):
        typer.echo(line, err=True)
    raise typer.Exit(1 if done.broken else 0)

"""`lightkeeper run`."""

import asyncio
import os
import sys

import typer

from bots.commands.app import app


@app.command()
def run() -> None:
    """Watch the communities of the communities file, alert their moderators, and serve the console on this machine."""
    from adapters.console.ending import Ending
    from bots.logging import configure_logging
    from bots.packages import check_packages
    from bots.patience import Patience
    from bots.run.ending import end_at_signals
    from bots.run.serve import serve_bot
    from config.settings import load_settings

    check_packages()
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)

    async def serve() -> int:
        ending, patience = Ending(), Patience()
        end_at_signals(lambda: patience.hurry() if ending.is_asked else ending.ask())
        return await serve_bot(settings=settings, ending=ending, patience=patience)

    code = asyncio.run(serve())
    if code:
        # What was cut off may still hold a thread; nobody waits for it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise typer.Exit

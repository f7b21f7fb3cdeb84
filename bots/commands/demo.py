"""`lightkeeper demo`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import app


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="The port on 127.0.0.1; 0 takes any free one.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where to keep the database; a temporary folder otherwise.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Play a log through it: JSONL, CSV with a `text` column, or a chat export.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.0, help="Messages a second for --replay; 0 is as fast as it goes.")] = 0,
    policy: Annotated[str | None, typer.Option(help="A preset or a policy file.")] = None,
) -> None:
    """Serve a small chat community beside the moderators' queue, on this machine only."""
    from bots.demo.serve import serve_demo
    from bots.logging import configure_logging
    from config.policies.loader import load_policy
    from config.settings import load_settings

    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    raise typer.Exit(
        asyncio.run(
            serve_demo(
                settings=settings,
                policy=load_policy(policy or settings.policy),
                port=settings.port if port is None else port,
                folder=folder,
                replay=replay,
                speed=speed,
            )
        )
    )

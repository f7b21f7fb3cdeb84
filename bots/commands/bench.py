"""`lightkeeper bench`."""

from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import USAGE, app


@app.command()
def bench(
    file: Annotated[
        Path | None, typer.Argument(help="A log or export, as for backtest; synthetic chat without one.")
    ] = None,
    policy: Annotated[str, typer.Option(help="A preset (general, gaming, support-community) or a file.")] = "general",
    messages: Annotated[int, typer.Option(min=1, help="How many messages to judge.")] = 20_000,
) -> None:
    """Measure how fast this machine judges messages on one core: speed, memory, and the share of each stage.

    Prints one JSON object. Times of one message (p50, p99) are from messages that go through alone.
    """
    from bots.bench.one_core import use_one_core

    use_one_core()
    from bots.bench.command import run
    from bots.bench.pipeline import NothingToMeasure
    from bots.first_line import configure_logging_at_first_line
    from config.policies.loader import load_policy

    configure_logging_at_first_line()
    try:
        raise typer.Exit(run(file, messages, load_policy(policy)))
    except (OSError, NothingToMeasure) as error:
        if isinstance(error, BrokenPipeError):
            raise
        reason = error.strerror if isinstance(error, OSError) else error
        typer.echo(f"lightkeeper bench: {file}: {reason}", err=True)
        raise typer.Exit(USAGE) from None

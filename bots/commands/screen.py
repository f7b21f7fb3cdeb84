"""`lightkeeper screen`."""

import asyncio
import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import USAGE, app


@app.command()
def screen(
    file: Annotated[Path, typer.Argument(help="Lines of JSON with `id` and `text`; - reads standard input.")],
    policy: Annotated[str, typer.Option(help="A preset (general, gaming, support-community) or a file.")] = "general",
) -> None:
    """Screen lines of JSON: one object in, one object out, with scores, findings and checks."""
    gc.disable()  # what is loaded and built from here on stays
    from adapters.local.clock import SystemClock
    from adapters.local.notices import SilentNotices
    from bots.first_line import configure_logging_at_first_line
    from bots.lanes import inline_lanes
    from bots.models import configured_models
    from bots.screen import screen as screen_stream
    from config.policies.loader import load_policy
    from core.errors import ConfigurationRefused
    from core.flow.screening import Screening

    configure_logging_at_first_line()
    chosen = load_policy(policy)

    def complain(sentence: str) -> None:
        typer.echo(f"lightkeeper screen: {file}: {sentence}", err=True)

    def write(lines: str) -> None:
        sys.stdout.write(lines)
        sys.stdout.flush()

    refusals: list[ConfigurationRefused] = []

    async def work() -> int:
        lanes = await inline_lanes(chosen, configured_models(), refusals.append)
        for refused in refusals:
            typer.echo(f"lightkeeper screen: goes on without a model: {refused}", err=True)
        screening = Screening(lanes, SystemClock(), SilentNotices())
        gc.freeze()
        gc.enable()
        try:
            with sys.stdin.buffer if str(file) == "-" else file.open("rb") as stream:
                tally = await screen_stream(stream, screening=screening, policy=chosen, write=write, complain=complain)
        finally:
            await screening.close()
        return tally.exit_code or bool(refusals)

    try:
        raise typer.Exit(asyncio.run(work()))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        typer.echo(f"lightkeeper screen: {file}: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from None

"""The commands that people type. Each imports what it needs when it runs, so that `screen` starts at once."""

import asyncio
import gc
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer

USAGE = 2

app = typer.Typer(
    help="Lightkeeper: moderation with people in charge, for chat communities.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lightkeeper {installed_version('lightkeeper')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options that come before a command."""


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
    from bots.screen import screen as screen_stream
    from config.policies.loader import load_policy
    from core.flow.screening import Screening

    configure_logging_at_first_line()
    chosen = load_policy(policy)

    def complain(sentence: str) -> None:
        typer.echo(f"lightkeeper screen: {file}: {sentence}", err=True)

    def write(lines: str) -> None:
        sys.stdout.write(lines)
        sys.stdout.flush()

    async def work() -> int:
        screening = Screening(await inline_lanes(chosen), SystemClock(), SilentNotices())
        gc.freeze()
        gc.enable()
        try:
            with sys.stdin.buffer if str(file) == "-" else file.open("rb") as stream:
                tally = await screen_stream(stream, screening=screening, policy=chosen, write=write, complain=complain)
        finally:
            await screening.close()
        return tally.exit_code

    try:
        raise typer.Exit(asyncio.run(work()))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        typer.echo(f"lightkeeper screen: {file}: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from None


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="The port on 127.0.0.1; 0 takes any free one.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where to keep the database; a temporary folder otherwise.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Play a log through it: JSONL, or CSV (also .gz) with a `text` column.")
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

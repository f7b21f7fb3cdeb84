"""The command line's root: its name, its options, and what every command shares.

Each command is a module beside this one that imports what it needs when it runs, so that `screen` starts at once.
"""

from importlib.metadata import version as installed_version
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

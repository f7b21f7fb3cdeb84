"""`lightkeeper doctor`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import app


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no platform and no other service.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object an area.")] = False,
) -> None:
    """Look at everything that has to be right, change nothing, and say what to do.

    Exit code 0: nothing has to be mended. 1: something has.
    """
    import json

    from rich.console import Console

    from bots.doctor import telling
    from bots.doctor.examination import examine
    from bots.logging import configure_logging

    configure_logging("auto", "error")
    sections = asyncio.run(examine(env_file=Path(".env"), is_online=not offline))
    if as_json:
        typer.echo(json.dumps(telling.as_json(sections), indent=2))
    else:
        telling.tell(sections, Console(highlight=False, soft_wrap=True))
    raise typer.Exit(1 if any(problem.is_grave for section in sections for problem in section.problems) else 0)

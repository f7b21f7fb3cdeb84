"""`lightkeeper init`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import app


@app.command()
def init(
    folder: Annotated[Path, typer.Option("--dir", help="Where to write the configuration.")] = Path(),
) -> None:
    """Ask for what a bot needs, try each token at once, and write the configuration; nothing before the end."""
    import os
    import shlex

    from bots.platforms import BUILT_IN, probe_of, tokens_of
    from bots.setup.asking import Terminal, interruptible
    from bots.setup.conversation import converse
    from bots.setup.writing import check_writable, entries_in, write_communities, write_settings
    from config.resources.files import Files
    from config.settings import load_settings

    env_file = folder / ".env"
    settings = load_settings(env_file)
    communities = folder / settings.communities
    known = entries_in(communities)
    check_writable(env_file, communities)
    files = Files(communities.parent)
    asker = Terminal()
    talk = converse(
        asker,
        lambda name, token: probe_of(name, token, settings),
        BUILT_IN,
        known,
        tokens_of(settings),
        directory=files,
        today=datetime.now(UTC).date(),
    )
    try:
        answers = asyncio.run(interruptible(talk))
    except (typer.Abort, KeyboardInterrupt):
        asker.tell()
        asker.tell("Nothing was written.")
        raise typer.Exit(1) from None
    write_settings(env_file, answers.settings)
    kept = write_communities(communities, answers.entries)
    if answers.confirmations:
        files.confirm(answers.confirmations)
    asker.tell()
    asker.tell(f"Written: {communities} and {env_file}, readable by you alone." + (f" Kept: {kept}" if kept else ""))
    for name in sorted(set(answers.settings) & set(os.environ)):
        asker.tell(f"Mind: {name} is also set in this environment, which wins over the file.")
    inside = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    asker.tell(f"Next: {inside}lightkeeper doctor, then {inside}lightkeeper run")

"""`lightkeeper init`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import app


@app.command()
def init(
    folder: Annotated[Path, typer.Option("--dir", help="Where to write the configuration.")] = Path(),
) -> None:
    """Ask for what a bot needs, try each token at once, and write the configuration; nothing before the end."""
    from bots.platforms import adapter_names, probe_of
    from bots.setup.asking import Terminal
    from bots.setup.conversation import converse
    from bots.setup.writing import entries_in, write_communities, write_settings
    from config.settings import load_settings

    env_file, communities = folder / ".env", folder / "communities.toml"
    settings = load_settings(env_file)
    known = entries_in(communities)
    asker = Terminal()
    answers = asyncio.run(
        converse(asker, lambda name, token: probe_of(name, token, settings), sorted(adapter_names()), known)
    )
    kept = write_communities(communities, answers.entries)
    write_settings(env_file, answers.settings)
    asker.tell()
    asker.tell(f"Written: {communities} and {env_file}, readable by you alone." + (f" Kept: {kept}" if kept else ""))
    inside = "" if folder == Path() else f"cd {folder} && "
    asker.tell(f"Next: {inside}lightkeeper doctor, then {inside}lightkeeper run")

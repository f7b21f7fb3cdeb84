"""`lightkeeper console`."""

import typer

from bots.commands.app import app


@app.command()
def console() -> None:
    """Print the link that opens the console of `run` in a browser of this machine; whoever has it acts as moderator."""
    from bots.run.data_folder import CONSOLE_KEY, console_key, link_of
    from config.settings import load_settings
    from core.errors import ConfigurationRefused

    settings = load_settings()
    path = settings.data_dir / CONSOLE_KEY
    if not path.exists():
        hint = "the first start makes it; if there was one, begin in the bot's own folder"
        raise ConfigurationRefused(str(path), "there is no key yet", hint)
    typer.echo(link_of(settings.host, settings.port, console_key(settings.data_dir)))

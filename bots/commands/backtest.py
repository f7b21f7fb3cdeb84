"""`lightkeeper backtest`."""

import gc
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import USAGE, app


class ReadAs(StrEnum):
    """What exports are read as."""

    AUTO = "auto"
    DISCORD = "discord"
    TELEGRAM = "telegram"
    JSONL = "jsonl"
    CSV = "csv"


@app.command()
def backtest(
    exports: Annotated[
        list[Path],
        typer.Argument(
            metavar="EXPORT...",
            help="Exports of DiscordChatExporter (JSON) or Telegram Desktop (result.json), JSON lines or CSV; "
            "also .gz, and folders of them.",
        ),
    ],
    policy: Annotated[str, typer.Option(help="A preset (general, gaming, support-community) or a file.")] = "general",
    compare: Annotated[
        str | None, typer.Option(help="Another policy: what would it add, and what would it lose?")
    ] = None,
    read_as: Annotated[
        ReadAs, typer.Option("--format", help="What the exports are; auto tells by their content.")
    ] = ReadAs.AUTO,
    json_to: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - for stdout.")
    ] = None,
    html_to: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one web page, with plots.")
    ] = None,
    alerts_to: Annotated[
        Path | None, typer.Option("--alerts", metavar="FILE", help="Write every alert, one JSON object a line.")
    ] = None,
    show_text: Annotated[
        bool,
        typer.Option(
            "--show-text",
            help="Show the beginning of the messages in what is reported. Without it no report holds a word that "
            "anybody wrote; think before you pass one on that does.",
        ),
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Read only so many messages.")] = None,
    close_after: Annotated[
        int, typer.Option(min=1, max=10080, help="Minutes after which moderators are taken to have closed a case.")
    ] = 60,
    minutes: Annotated[
        list[str] | None,
        typer.Option(help="How long an alert takes a moderator: crisis=15, or toxicity.3=2 for one level; repeatable."),
    ] = None,
) -> None:
    """See what would have alerted: let a community's own history pass through the engine that runs live.

    Nothing is kept and nothing leaves this machine. Exits with 1 when something could not be read or screened.
    """
    gc.disable()  # what is loaded and built from here on stays
    from bots.backtest.command import Outputs, run
    from bots.backtest.minutes import minutes_table
    from bots.backtest.summing import Wishes
    from bots.first_line import configure_logging_at_first_line
    from config.policies.loader import load_policy

    configure_logging_at_first_line()
    wishes = Wishes(
        close_after_minutes=close_after, minutes=minutes_table(minutes or ()), shows_text=show_text, limit=limit
    )
    policies = [load_policy(each) for each in (policy, compare) if each is not None]
    outputs = Outputs(json_to=json_to, html_to=html_to, alerts_to=alerts_to)
    try:
        raise typer.Exit(
            run(exports, policies, wishes, outputs, kind=None if read_as is ReadAs.AUTO else read_as.value)
        )
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        typer.echo(f"lightkeeper backtest: {error.filename or ''}: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from None

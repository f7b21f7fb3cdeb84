"""`lightkeeper evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from bots.commands.app import USAGE, app


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="CSV with a header or lines of JSON, also .gz; - reads standard input.")],
    text: Annotated[str | None, typer.Option(help="The column of the text, where its name isn't plain.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="COLUMN=SCORE: a label's column and the score it is about; repeatable.")
    ] = None,
    positive: Annotated[
        list[str] | None, typer.Option(help="A value that counts as carrying a label; repeatable.")
    ] = None,
    policy: Annotated[str, typer.Option(help="A preset (general, gaming, support-community) or a file.")] = "general",
    natural_rate: Annotated[
        str | None,
        typer.Option(help="Weigh lines as if this share were labelled: 0.1, or toxicity=0.1 to name the label."),
    ] = None,
    json_to: Annotated[str | None, typer.Option("--json", metavar="FILE", help="Write JSON; - for stdout.")] = None,
    html_to: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the resampling behind the intervals.")] = None,
) -> None:
    """Measure the filters on labelled lines: AUC, average precision, thresholds, plots.

    Labels are found in columns named like the scores (toxicity, severe_toxicity, obscene, threat, insult,
    identity_attack, harassment, crisis) or as in the Jigsaw data; --label names others.
    """
    from bots.evaluate.columns import NotAsAsked
    from bots.evaluate.command import Asked, run
    from bots.evaluate.rows import NotReadable
    from bots.first_line import configure_logging_at_first_line
    from config.policies.loader import load_policy

    configure_logging_at_first_line()
    try:
        asked = Asked.of(text=text, labels=label or (), positive=positive or (), natural_rate=natural_rate)
        code = run(file, asked, policy=load_policy(policy), json_to=json_to, html_to=html_to, seed=seed)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        typer.echo(f"lightkeeper evaluate: {error.filename or file}: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from None
    except (NotAsAsked, NotReadable) as error:
        typer.echo(f"lightkeeper evaluate: {file}: {error}", err=True)
        raise typer.Exit(USAGE) from None
    raise typer.Exit(code)

"""`lightkeeper resources`: check, verify, list, add."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots.commands.app import USAGE, app

if TYPE_CHECKING:
    from config.resources.files import Files
    from core.model.community import Community

resources = typer.Typer(help="The services that members are shown: check, re-read, list and add them.")
app.add_typer(resources, name="resources", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CountryCodes = Annotated[
    list[str] | None, typer.Option("--country", metavar="CODE", help="Of this country, such as DE; may repeat.")
]


@dataclass(frozen=True, slots=True)
class _Here:
    """The directory of this installation, the communities that it serves, and the day."""

    folder: Path
    files: "Files"
    communities: "Collection[Community]"
    today: date


def _here() -> _Here:
    """Raises: `ConfigurationRefused`; without a communities file nobody is served yet."""
    from config.communities import load_communities
    from config.resources.files import Files
    from config.settings import load_settings

    path = load_settings().communities
    communities = load_communities(path).communities.values() if path.exists() else ()
    return _Here(path.parent, Files(path.parent), communities, datetime.now(UTC).date())


def _countries(given: list[str] | None) -> list[str]:
    """Raises: `ConfigurationRefused` for a code that is no country's."""
    from config.resources.entries import check_country_or_more
    from core.errors import ConfigurationRefused

    try:
        return [check_country_or_more(code.upper()) for code in given or ()]
    except ValueError as error:
        raise ConfigurationRefused("--country", str(error)) from None


@resources.command()
def check(
    as_json: AsJson = False,
    is_whole: Annotated[bool, typer.Option("--all", help="Every country, not only those that are served.")] = False,
) -> None:
    """Count the services that are live today, in 30, 90 and 180 days, by country and topic.

    Exit code 0: all is well. 1: a served country has no service for a crisis or will have none within 30 days, or a
    file is wrong.
    """
    import json

    from rich.console import Console

    from bots.resources import checking

    here = _here()
    found = checking.checked(here.files.state(), here.files.refusals(), here.communities, here.today, is_whole=is_whole)
    if as_json:
        typer.echo(json.dumps(checking.as_json(found), indent=2))
    else:
        checking.tell(found, Console(highlight=False, soft_wrap=True))
    raise typer.Exit(0 if found.is_well else 1)


@resources.command()
def verify(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Services; else all of --country.")] = None,
    country: CountryCodes = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who re-read them, as you call yourself.")] = "",
    is_sure: Annotated[bool, typer.Option("--yes", help="Ask nothing: I re-read the named ones today.")] = False,
) -> None:
    """Show services that members don't see, or soon won't, and ask whether you re-read each on its own page today.

    Without ids and --country it asks about the countries that are served. Every yes is written down at once.
    """
    from bots.resources import verifying
    from bots.setup.asking import Terminal, plain

    if is_sure and not ids:
        typer.echo("lightkeeper resources verify: --yes needs the ids of the services", err=True)
        raise typer.Exit(USAGE)
    here, name = _here(), plain(by.strip())
    state = here.files.state()
    if ids:
        services = verifying.named(state, ids, here.today)
    else:
        codes = _countries(country) or verifying.countries_of(here.communities)
        services = verifying.to_read(state, here.today, codes)
    if is_sure:
        here.files.confirm([verifying.confirmation_of(each, here.today, name) for each in services])
        count = len(services)
    else:
        count = verifying.ask_about(
            Terminal(), services, state, here.today, name, lambda one: here.files.confirm([one])
        )
    typer.echo(f"{count} of {len(services)} confirmed." if services else "There is nothing to re-read.")


@resources.command("list")
def list_all(country: CountryCodes = None, as_json: AsJson = False) -> None:
    """List services with their source, and why members see them or don't."""
    import json

    from bots.resources.describing import as_row, described, printable

    here = _here()
    codes = _countries(country)
    state = here.files.state()
    services = [each for each in state.services if not codes or each.country in codes]
    if as_json:
        typer.echo(json.dumps([as_row(each, state, here.today) for each in services], indent=2, ensure_ascii=False))
        return
    for service in services:
        for line in described(service, state, here.today):
            typer.echo(printable(line))
        typer.echo()
    for refused in here.files.refusals():
        typer.echo(f"Left out: {refused}", err=True)
    typer.echo(f"{len(services)} services.")


@resources.command()
def add() -> None:
    """Ask for a service of your own and write it into resources.toml; what stands there is not touched."""
    from bots.resources.adding import ask_service
    from bots.setup.asking import Terminal
    from config.refusal import refusal_of
    from config.resources.files import OWN
    from config.resources.writing import add_service

    here = _here()
    if refused := here.files.refusals():
        raise refusal_of(refused)
    first = next((country for each in here.communities for country in each.countries), "")
    try:
        entry = ask_service(Terminal(), here.files.state(), here.communities, here.today, first)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("\nNothing was written.")
        raise typer.Exit(1) from None
    add_service(here.folder / OWN, entry, here.files.state())
    shown = "members see it from now on" if entry.verified else f"lightkeeper resources verify {entry.id} shows it"
    typer.echo(f"Written to {here.folder / OWN}; {shown}.")

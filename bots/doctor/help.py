"""Help for members: whether services are shown for the countries that are served, and where everybody reads of it."""

from collections.abc import Collection, Iterator
from datetime import date

from bots.doctor.section import Section, problems_of
from config.resources.files import CONFIRMED, Files
from config.settings import Settings
from core.care.outlook import Situation, lacks
from core.care.resources import is_fresh, read_on
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.problem import Problem
from core.model.resource import FRESH_FOR, WARNED_BEFORE, DirectoryState, Service

NAME = "Help"
NAMED = 5


def examine_help(settings: Settings, communities: Collection[Community], today: date) -> Section:
    """The directory, as the members of these communities see it today and in a month."""
    try:
        files = Files(settings.communities.parent)
    except ConfigurationRefused as refused:
        return Section(name=NAME, problems=problems_of(refused))
    state = files.state()
    problems = [problem for refused in files.refusals() for problem in problems_of(refused)]
    for community in communities:
        problems += _lacking(community, state, today, settings.communities.name)
    problems += _ageing(communities, state, today)
    live = [each for each in state.services if is_fresh(read_on(each, state, today), today)]
    countries = {country for each in communities for country in each.countries}
    note = f"{len(live)} of {len(state.services)} services shown"
    note += "" if countries else "; no community names a country, so members are asked for theirs"
    return Section(name=NAME, problems=tuple(problems), note=note)


def _lacking(community: Community, state: DirectoryState, today: date, file: str) -> Iterator[Problem]:
    for lack in lacks(community, state, today):
        is_empty = lack.situation is Situation.EMPTY
        when = (
            "is shown, so members see the list for every country alone" if is_empty else f"is shown from {lack.on} on"
        )
        yield Problem(
            place=f"{file}: {community.name}: {lack.country}",
            reason=f"no service for a crisis {when}",
            hint=f"re-read one on its own page: lightkeeper resources verify --country {lack.country}",
            is_grave=is_empty,
        )


def _ageing(communities: Collection[Community], state: DirectoryState, today: date) -> Iterator[Problem]:
    """What is shown now and will not be in a month, for the countries that are served."""
    countries = {country for each in communities for country in each.countries}
    ageing = [each for each in state.services if each.country in countries and _ages(each, state, today)]
    if ageing:
        first = min(day for each in ageing if (day := read_on(each, state, today)) is not None) + FRESH_FOR
        names = ", ".join(each.id for each in ageing[:NAMED])
        more = f" and {len(ageing) - NAMED} more" if len(ageing) > NAMED else ""
        yield Problem(
            place=CONFIRMED,
            reason=f"{names}{more}: re-read so long ago that members see them no longer than until {first}",
            hint="re-read them on their own pages: lightkeeper resources verify",
            is_grave=False,
        )


def _ages(service: Service, state: DirectoryState, today: date) -> bool:
    read = read_on(service, state, today)
    return is_fresh(read, today) and not is_fresh(read, today + WARNED_BEFORE)

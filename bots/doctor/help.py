"""Help for members: whether services are shown for the countries that are served, and where everybody reads of it."""

from collections.abc import Collection, Iterator
from datetime import date

from bots.doctor.section import Section, problems_of
from config.resources.files import CONFIRMED, Files
from config.settings import Settings
from core.care.outlook import Situation, lacks
from core.care.resources import Live, is_fresh, live_on
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.problem import Problem
from core.model.resource import FRESH_FOR, WARNED_BEFORE

NAME = "Help"
NAMED = 5


def examine_help(settings: Settings, communities: Collection[Community], today: date) -> Section:
    """The directory, as the members of these communities see it today and in a month."""
    try:
        files = Files(settings.communities.parent)
    except ConfigurationRefused as refused:
        return Section(name=NAME, problems=problems_of(refused))
    state = files.state()
    live = live_on(state, today)
    problems = [problem for refused in files.refusals() for problem in problems_of(refused)]
    for community in communities:
        problems += _lacking(community, live, settings.communities.name)
    problems += _ageing(communities, live)
    countries = {country for each in communities for country in each.countries}
    note = f"{len(live.services)} of {len(state.services)} services shown"
    note += "" if countries else "; no community names a country, so members are asked for theirs"
    return Section(name=NAME, problems=tuple(problems), note=note)


def _lacking(community: Community, live: Live, file: str) -> Iterator[Problem]:
    for lack in lacks(community, live):
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


def _ageing(communities: Collection[Community], live: Live) -> Iterator[Problem]:
    """What is shown now and will not be in a month, for the countries that are served."""
    countries = {country for each in communities for country in each.countries}
    in_a_month = live.day + WARNED_BEFORE
    ageing = [
        each for each in live.services if each.country in countries and not is_fresh(live.read[each.id], in_a_month)
    ]
    if ageing:
        first = min(live.read[each.id] for each in ageing) + FRESH_FOR
        names = ", ".join(each.id for each in ageing[:NAMED])
        more = f" and {len(ageing) - NAMED} more" if len(ageing) > NAMED else ""
        yield Problem(
            place=CONFIRMED,
            reason=f"{names}{more}: re-read so long ago that members see them no longer than until {first}",
            hint="re-read them on their own pages: lightkeeper resources verify",
            is_grave=False,
        )

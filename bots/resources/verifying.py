"""The one step that makes a candidate live: somebody has re-read it on its own page, and says so."""

from collections.abc import Callable, Collection, Sequence
from datetime import date

from bots.resources.describing import described, printable
from bots.setup.asking import Asker
from core.care.resources import Footing, footing_of, is_fresh, read_on
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.resource import INTERNATIONAL, WARNED_BEFORE, Confirmation, DirectoryState, Service

QUESTION = "Did you re-read it on its own page today?"
INTRODUCTION = (
    "Open each service's own page and compare each number, its hours and whom it is for. Nobody has dialled a number.\n"
    "An address that came from general knowledge may not be its page: its note says so. Answer n if anything differs."
)
YES, ALL, NO, LEAVE = ("y", "yes"), ("all", "a"), ("n", "no", ""), ("q", "quit")

_NEVER = frozenset({Footing.EU_WIDE, Footing.RETIRED})


def to_read(
    state: DirectoryState, today: date, countries: Collection[str], also: Community | None = None
) -> list[Service]:
    """The services of these countries that members don't see, or soon will not, in the directory's order.

    With a community only its own and everybody's; without one those of every community too.
    """
    return [
        each
        for each in state.services
        if each.country in countries
        and (also is None or each.community in {None, also.id})
        and footing_of(each, state, today) not in _NEVER
        and not is_fresh(read_on(each, state, today), today + WARNED_BEFORE)
    ]


def named(state: DirectoryState, ids: Sequence[str], today: date) -> list[Service]:
    """The services of these ids. Raises: `ConfigurationRefused` for one that isn't there or can never be shown."""
    found = {each.id: each for each in state.services}
    for service in ids:
        if service not in found:
            raise ConfigurationRefused(service, "there is no such service", "`lightkeeper resources list` names all")
        if footing_of(found[service], state, today) in _NEVER:
            raise ConfigurationRefused(service, "is never shown to members", "see `lightkeeper resources list`")
    return [found[service] for service in dict.fromkeys(ids)]


def confirmation_of(service: Service, today: date, by: str) -> Confirmation:
    """Somebody re-read it today as it stands."""
    return Confirmation(service=service.id, fingerprint=service.fingerprint, on=today, by=by)


def ask_about(
    asker: Asker,
    services: Sequence[Service],
    state: DirectoryState,
    today: date,
    by: str,
    confirm: Callable[[Confirmation], None],
) -> int:
    """Ask about each; `confirm` is called at once for every yes. Returns how many there were."""
    if services:
        asker.tell(INTRODUCTION)
    confirmed, is_all = 0, False
    for number, service in enumerate(services, start=1):
        asker.tell()
        asker.tell(f"{number} of {len(services)}")
        for line in described(service, state, today):
            asker.tell(printable(line))
        answer = ALL[0] if is_all else _answer(asker)
        if answer in LEAVE:
            break
        is_all = answer in ALL
        if is_all or answer in YES:
            confirm(confirmation_of(service, today, by))
            confirmed += 1
    return confirmed


def countries_of(communities: Collection[Community]) -> list[str]:
    """Those of all communities, each once, and what serves every country."""
    return list(dict.fromkeys([*(country for each in communities for country in each.countries), INTERNATIONAL]))


def _answer(asker: Asker) -> str:
    while True:
        answer = asker.ask(f"  {QUESTION} (y, n, all, q)").lower()
        if answer in (*YES, *ALL, *NO, *LEAVE):
            return answer
        asker.tell("  y, n, all or q, please.")

"""The pages that stand pinned in channels: the card with help, and the notice of what is screened. Pure.

What they say changes only when the directory or the community's settings do: a card that named who is open right now
would have to be edited all day, and would be wrong whenever the bot is down.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from core.care.members import ENGLISH, FIRST_PAGE, Command, Languages
from core.care.ways import Way
from core.model.card import Text
from core.model.case import Enforcement
from core.model.community import Community
from core.model.finding import Category
from core.model.page import Choice, Page, Shown
from core.model.policy import CommunityPolicy, Exemptible
from core.model.resource import WRITTEN, Service, Topic

MOST_SERVICES = 2
MOST_COUNTRIES = 2
"""Of how many of a community's countries the card shows services; the button leads to all of them."""

NEVER = 5
"""The level from which a category that concerns nobody would alert."""


def help_page(
    community: Community,
    *,
    live: Sequence[Service],
    emergency: Mapping[str, Service],
    worldwide: Service,
    checked_on: Callable[[Service], date | None],
    languages: Languages,
    is_ephemeral: bool = True,
) -> Page:
    """The card with help: plain text that helps when the bot is down, and the way to the first page of support.

    Args:
        live: Every service that may be shown to members there.
        emergency: The emergency lines that may be shown, by country.
        worldwide: The list of services in many countries, shown also where nobody has checked it lately.
        checked_on: When somebody last re-read a service on its own page.
        is_ephemeral: Whether the platform can show something to one person inside a channel.
    """
    leading = community.countries[:MOST_COUNTRIES]
    lines = [(each, emergency[each]) for each in leading if each in emergency]
    services = chosen_services(live, leading)
    body: list[Text | Shown] = [Text(key="post.help.danger")]
    for country, line in lines:
        body += [Text(key="post.help.emergency_in", params={"country": country}), Shown(service=line)]
    if services:
        body.append(Text(key="post.help.listen"))
    for country in leading:
        of_country = [Shown(service=each) for each in services if each.country == country]
        if of_country and len(leading) > 1:
            body.append(Text(key="post.help.in_country", params={"country": country}))
        body += of_country
    checked = [checked_on(each) for each in (*(line for _, line in lines), *services)]
    if oldest := min((each for each in checked if each is not None), default=None):
        body.append(Text(key="post.help.checked", params={"date": oldest.isoformat()}))
    body.append(Text(key="post.help.elsewhere" if services else "post.help.none_live"))
    body.append(Shown(service=worldwide))
    body.append(Text(key="post.help.more" if is_ephemeral else "post.help.more_in_chat"))
    body.append(Text(key="post.help.automated"))
    locale, offered = _languages_of(community, languages)
    return Page(
        name="post.help",
        title=Text(key="post.help.title"),
        body=tuple(body),
        choices=(
            _choice("post.help.open", FIRST_PAGE[Command.SUPPORT], locale, is_primary=True),
            *_offers(FIRST_PAGE[Command.SUPPORT], offered),
        ),
        locale=locale,
    )


def notice_page(community: Community, policy: CommunityPolicy, languages: Languages) -> Page:
    """The notice: what is screened, why, who sees it, that people decide, how to opt out, and where /privacy is."""
    screened = [Text(key=key) for category, key in _SCREENED.items() if _is_looked_for(category, policy)]
    decides = "post.notice.some_by_itself" if _acts_by_itself(policy) else "post.notice.people_decide"
    locale, offered = _languages_of(community, languages)
    return Page(
        name="post.notice",
        title=Text(key="post.notice.title"),
        body=(
            Text(key="post.notice.what"),
            Text(key="post.notice.crisis"),
            *screened,
            Text(key="post.notice.rules"),
            Text(key=decides),
            Text(key="post.notice.never_for_crisis"),
            Text(key="post.notice.optout"),
            Text(key="post.notice.privacy"),
            Text(key="post.notice.automated"),
        ),
        choices=(
            _choice("post.notice.open_privacy", FIRST_PAGE[Command.PRIVACY], locale, is_primary=True),
            _choice("post.notice.open_optout", FIRST_PAGE[Command.OPTOUT], locale),
            _choice("post.notice.open_support", FIRST_PAGE[Command.SUPPORT], locale),
            *_offers(FIRST_PAGE[Command.PRIVACY], offered),
        ),
        locale=locale,
    )


def chosen_services(live: Iterable[Service], countries: Sequence[str]) -> Sequence[Service]:
    """The services on the card: two of one country, or one of each of two; the same ones at any hour.

    Those for everybody in a crisis lead, then those that answer day and night; of two at least one that can be written
    to, where there is one.
    """
    found: list[Service] = []
    for_each = MOST_SERVICES // max(1, len(countries))
    for country in countries:
        fitting = sorted((each for each in live if each.country == country and each.topics & _FITTING), key=_fitness)
        best = fitting[:for_each]
        if for_each > 1 and len(fitting) > for_each and not any(each.has(*WRITTEN) for each in best):
            best[1:] = [next((each for each in fitting[1:] if each.has(*WRITTEN)), fitting[1])]
        found += best
    return found


_FITTING = frozenset({Topic.CRISIS, Topic.MENTAL_HEALTH})


def _fitness(service: Service) -> tuple[bool, bool, bool, str]:
    return Topic.CRISIS not in service.topics, bool(service.audience), not service.is_always_open, service.id


_SCREENED: Mapping[Exemptible, str] = {
    Category.HARASSMENT: "post.notice.harassment",
    Category.TOXICITY: "post.notice.toxicity",
}
"""What a policy can leave alone altogether; raids are looked for under every one."""


def _is_looked_for(category: Exemptible, policy: CommunityPolicy) -> bool:
    """Whether findings of it concern people anywhere in the community, or anything follows from one."""
    elsewhere = [each.thresholds[category].alert_level for each in policy.overrides if category in each.thresholds]
    levels = [policy.thresholds.of(category).alert_level, *(each for each in elsewhere if each is not None)]
    return min(levels) < NEVER or any(step.category == category for step in policy.ladder)


def _acts_by_itself(policy: CommunityPolicy) -> bool:
    """Whether anything is done to a member without a person."""
    by_ladder = any(step.mode == "automatic" for step in policy.ladder)
    return policy.enforcement is Enforcement.LIVE and by_ladder


def _languages_of(community: Community, languages: Languages) -> tuple[str, Sequence[str]]:
    """The language of its posts, and the one that is offered beside it: an unreviewed one never stands in a channel."""
    wanted = languages.best(community.locale)
    if wanted in languages.reviewed:
        return wanted, [ENGLISH] if wanted != ENGLISH else []
    return ENGLISH, [wanted] if wanted in languages.drafts & community.drafts else []


def _choice(label: str, way: Way, locale: str, *, is_primary: bool = False) -> Choice:
    return Choice(label=Text(key=label), to=str(way.in_locale(locale)), is_primary=is_primary)


def _offers(way: Way, locales: Sequence[str]) -> Sequence[Choice]:
    return [
        Choice(label=Text(key="page.in_language", params={"language": each}), to=str(way.in_locale(each)))
        for each in locales
    ]

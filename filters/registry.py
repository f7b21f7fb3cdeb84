"""Which filters there are: the built-in ones, and plug-ins that were installed beside them.

Lexicons and rules are trusted, linear in time and light. Models and plug-ins are not, so these groups are made apart,
by functions that a worker process can call by name.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points

from core.errors import ConfigurationRefused
from core.flow.filter import Filter
from core.model.finding import Category
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from filters.crisis.lexicon_filter import shipped as crisis_lexicon
from filters.flood.filter import FloodFilter
from filters.harassment.filter import shipped as harassment_lexicon
from filters.rules.filter import RulesFilter

GROUP = "lightkeeper.filters"
"""Entry points of this group name a callable without arguments that gives a filter."""

TOXICITY = "toxicity"
BUILT_IN = frozenset({"crisis-lexicon", "harassment", "rules", "flood", TOXICITY})
ELSEWHERE = frozenset({"detoxify"})
"""Names of filters that Lightkeeper makes, but not here."""


def crisis_filters() -> tuple[Filter, ...]:
    """The lexicons that look for signs of crisis; they run apart from everything else.

    Raises:
        ConfigurationRefused: A lexicon can't be used.
    """
    with _uncollected():
        return (crisis_lexicon(),)


def conduct_filters(policies: Mapping[CommunityId | None, CommunityPolicy]) -> tuple[Filter, ...]:
    """The other built-in filters; `policies` as `RulesFilter` takes them.

    Raises:
        ConfigurationRefused: A lexicon or a policy can't be used.
    """
    with _uncollected():
        return (harassment_lexicon(), RulesFilter(policies), FloodFilter(policies))


def lexicon_filters(policies: Mapping[CommunityId | None, CommunityPolicy]) -> tuple[Filter, ...]:
    """Every built-in filter that needs no model, for a process that runs all of them."""
    return (*crisis_filters(), *conduct_filters(policies))


def toxicity_filters(digest: str) -> tuple[Filter, ...]:
    """The filter of the shipped toxicity model, whose file has the SHA-256 `digest`.

    Raises:
        ConfigurationRefused: The file is missing, is another one or can't be read.
    """
    from filters.toxicity.filter import shipped  # here: numpy loads slowly, and lexicons don't need it

    return (shipped(digest),)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing that a lexicon is built of becomes garbage, and looking for it takes as long as building."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def plugin_names() -> tuple[str, ...]:
    """The names under which plug-ins are installed; nothing of them is imported."""
    return tuple(point.name for point in _plugins())


def plugin_filters() -> tuple[Filter, ...]:
    """The filters of every installed plug-in, by name.

    Raises:
        ConfigurationRefused: Names the plug-in that can't be imported, made, or isn't a filter: a filter that the owner
            installed and that silently doesn't run is worse than one that stops the start.
    """
    made: dict[str, Filter] = {}
    for point in _plugins():
        candidate = _made(point)
        name = candidate.name
        if name in BUILT_IN | ELSEWHERE or name in made:
            raise _refused(point, f"calls its filter {name!r}, a name that is taken", "give it a name of its own")
        made[name] = candidate
    return tuple(made.values())


def _plugins() -> Sequence[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))


def _made(point: EntryPoint) -> Filter:
    try:
        factory = point.load()
    except Exception as error:
        raise _refused(point, f"can't be imported: {type(error).__name__}", "reinstall or uninstall it") from error
    try:
        candidate = factory()
        problem = _problem_of(candidate)
    except Exception as error:
        raise _refused(point, f"can't be made: {type(error).__name__}", "see the plug-in's own guide") from error
    if problem is not None:
        raise _refused(point, problem, "see core.flow.filter.Filter")
    filter_: Filter = candidate
    return filter_


def _problem_of(candidate: object) -> str | None:
    """Why this is no filter, None when it is one."""
    for attribute in ("name", "version"):
        value = getattr(candidate, attribute, None)
        if not isinstance(value, str) or not value:
            return f"is not a filter: its {attribute} is no text"
    name: str = getattr(candidate, "name")  # noqa: B009  an object of unknown type
    if name != name.lower():
        return "is not a filter: its name is not lower case"
    categories = getattr(candidate, "categories", None)
    if (
        not isinstance(categories, frozenset)
        or not categories
        or not all(isinstance(category, Category) for category in categories)
    ):
        return "is not a filter: its categories are no frozenset of Category"
    if not callable(getattr(candidate, "screen", None)):
        return "is not a filter: it has no screen()"
    return None


def _refused(point: EntryPoint, reason: str, hint: str) -> ConfigurationRefused:
    return ConfigurationRefused(f"{GROUP}: {point.name} ({point.value})", reason, hint)

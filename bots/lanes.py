"""Which filters run where: crisis words in a lane of their own, so that nothing else can keep them from being seen."""

from collections.abc import Sequence

from adapters.worker.frames import Recipe
from adapters.worker.process import ProcessWorker
from bots.assets import check_assets
from core.flow.filter import Filter
from core.flow.screening import FilterInfo, InlineWorker, Lane
from core.model.policy import CommunityPolicy
from filters.registry import lexicon_filters, plugin_names

CRISIS = "filters.registry:crisis_filters"
CONDUCT = "filters.registry:conduct_filters"
PLUGINS = "filters.registry:plugin_filters"


async def isolated_lanes(policy: CommunityPolicy) -> list[Lane]:
    """Lanes in processes of their own, for a bot that runs: a filter that hangs is killed and replaced.

    Raises: `ConfigurationRefused` when a lane's filters can't be made.
    """
    check_assets()
    recipes = {
        "crisis": Recipe(factory=CRISIS),
        "conduct": Recipe(factory=CONDUCT, arguments=({None: policy},)),
    }
    if plugin_names():
        recipes["plugins"] = Recipe(factory=PLUGINS)
    lanes = []
    for name, recipe in recipes.items():
        worker = ProcessWorker(recipe)
        lanes.append(Lane(name=name, worker=worker, filters=await worker.start()))
    return lanes


async def inline_lanes(policy: CommunityPolicy) -> list[Lane]:
    """The lexicons in this process and plug-ins in one of their own: for a file that is screened once."""
    check_assets()
    lanes = [_inline("lexicons", lexicon_filters({None: policy}))]
    if plugin_names():
        worker = ProcessWorker(Recipe(factory=PLUGINS))
        lanes.append(Lane(name="plugins", worker=worker, filters=await worker.start()))
    return lanes


def _inline(name: str, filters: Sequence[Filter]) -> Lane:
    infos = tuple(FilterInfo(name=each.name, categories=each.categories) for each in filters)
    return Lane(name=name, worker=InlineWorker(filters), filters=infos)

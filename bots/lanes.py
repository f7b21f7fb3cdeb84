"""Which filters run where: crisis words in a lane of their own, so that nothing else can keep them from being seen.

Each model has a lane too. One that can't be used is replaced by `WithoutModel`, and whoever starts the lanes is told.
"""

from collections.abc import Sequence

from adapters.worker.frames import Recipe
from adapters.worker.process import ProcessWorker
from bots.assets import check_lexicons
from bots.models import Model, Models, OnRefused
from core.errors import ConfigurationRefused
from core.flow.filter import Filter
from core.flow.screening import FilterInfo, InlineWorker, Lane
from core.model.finding import Category
from core.model.policy import CommunityPolicy
from filters.registry import TOXICITY, lexicon_filters, plugin_names, toxicity_filters
from filters.toxicity.absent import WithoutModel

CRISIS = "filters.registry:crisis_filters"
CONDUCT = "filters.registry:conduct_filters"
TOXICITY_MODEL = "filters.registry:toxicity_filters"
PLUGINS = "filters.registry:plugin_filters"


async def isolated_lanes(policy: CommunityPolicy, models: Models, on_refused: OnRefused) -> list[Lane]:
    """Lanes in processes of their own, for a bot that runs: a filter that hangs is killed and replaced.

    Raises: `ConfigurationRefused` when a lane's filters can't be made; never for a model, which `on_refused` is told.
    """
    check_lexicons()
    recipes = {
        "crisis": Recipe(factory=CRISIS),
        "conduct": Recipe(factory=CONDUCT, arguments=({None: policy},)),
    }
    if plugin_names():
        recipes["plugins"] = Recipe(factory=PLUGINS)
    lanes = [await _isolated(name, recipe) for name, recipe in recipes.items()]
    match models.toxicity:
        case Model(digest=digest):
            try:
                lanes.append(await _isolated(TOXICITY, Recipe(factory=TOXICITY_MODEL, arguments=(digest,))))
            except ConfigurationRefused as refused:
                lanes.append(_without(TOXICITY, refused, on_refused))
        case ConfigurationRefused() as refused:
            lanes.append(_without(TOXICITY, refused, on_refused))
    return lanes


async def inline_lanes(policy: CommunityPolicy, models: Models, on_refused: OnRefused) -> list[Lane]:
    """Built-in filters in this process and plug-ins in one of their own: for a file that is screened once.

    Raises: as `isolated_lanes`.
    """
    check_lexicons()
    lanes = [_inline("lexicons", lexicon_filters({None: policy}))]
    match models.toxicity:
        case Model(digest=digest):
            try:
                lanes.append(_inline(TOXICITY, toxicity_filters(digest)))
            except ConfigurationRefused as refused:
                lanes.append(_without(TOXICITY, refused, on_refused))
        case ConfigurationRefused() as refused:
            lanes.append(_without(TOXICITY, refused, on_refused))
    if plugin_names():
        lanes.append(await _isolated("plugins", Recipe(factory=PLUGINS)))
    return lanes


async def _isolated(name: str, recipe: Recipe) -> Lane:
    worker = ProcessWorker(recipe)
    return Lane(name=name, worker=worker, filters=await worker.start())


def _inline(name: str, filters: Sequence[Filter]) -> Lane:
    infos = tuple(FilterInfo(name=each.name, categories=each.categories) for each in filters)
    return Lane(name=name, worker=InlineWorker(filters), filters=infos)


def _without(name: str, refused: ConfigurationRefused, on_refused: OnRefused) -> Lane:
    on_refused(refused)
    return _inline(name, (WithoutModel(name, frozenset({Category.TOXICITY})),))

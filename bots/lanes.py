"""Which filters run where: crisis words in a lane of their own, so that nothing else can keep them from being seen.

Each model has a lane too. One that can't be used is replaced by `WithoutModel`, and whoever starts the lanes is told.
"""

from collections.abc import Mapping, Sequence

from adapters.worker.aside import StartsAside
from adapters.worker.frames import Recipe
from adapters.worker.process import ProcessWorker
from bots.assets import check_lexicons
from bots.models import DetoxifyFiles, Model, Models, OnRefused
from core.errors import ConfigurationRefused
from core.flow.filter import Filter
from core.flow.screening import FilterInfo, InlineWorker, Lane
from core.model.finding import Category
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from filters.registry import TOXICITY, lexicon_filters, plugin_names, toxicity_filters
from filters.toxicity.absent import WithoutModel

CRISIS = "filters.registry:crisis_filters"
CONDUCT = "filters.registry:conduct_filters"
TOXICITY_MODEL = "filters.registry:toxicity_filters"
PLUGINS = "filters.registry:plugin_filters"
DETOXIFY = "detoxify"
DETOXIFY_FILTERS = "adapters.detoxify.making:detoxify_filters"

DETOXIFY_START_S = 180.0
"""Reading half a gigabyte and importing torch takes seconds here, and more than a minute on a small machine."""

DETOXIFY_BUDGET_S = 1.5
"""After how long it begins no further message of a live batch: what it can't read in time must not hold up the rest."""

DETOXIFY_DEADLINE_S = 8.0
"""The budget, and a last call to the model on a slow machine."""

DETOXIFY_FILE_DEADLINE_S = 600.0
"""64 messages of any length on a slow machine: nobody waits for a file's crisis messages."""


async def isolated_lanes(
    policies: Mapping[CommunityId | None, CommunityPolicy], models: Models, on_refused: OnRefused
) -> list[Lane]:
    """Lanes in processes of their own, for a bot that runs: a filter that hangs is killed and replaced.

    `policies` are those of each community; None stands for all others.

    Raises: `ConfigurationRefused` when a lane's filters can't be made; never for a model, which `on_refused` is told.
    """
    check_lexicons()
    recipes = {
        "crisis": Recipe(factory=CRISIS),
        "conduct": Recipe(factory=CONDUCT, arguments=(dict(policies),)),
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
    if models.detoxify is not None:
        slow = StartsAside(_detoxify_worker(models.detoxify, DETOXIFY_BUDGET_S))
        lanes.append(await _detoxify(slow, DETOXIFY_DEADLINE_S, on_refused))
    return lanes


async def inline_lanes(policy: CommunityPolicy, models: Models, on_refused: OnRefused) -> list[Lane]:
    """Built-in filters in this process, Detoxify and plug-ins in their own: for a file that is screened once.

    Detoxify reads every message here, however long it takes.

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
    if models.detoxify is not None:
        lanes.append(await _detoxify(_detoxify_worker(models.detoxify, None), DETOXIFY_FILE_DEADLINE_S, on_refused))
    if plugin_names():
        lanes.append(await _isolated("plugins", Recipe(factory=PLUGINS)))
    return lanes


async def _isolated(name: str, recipe: Recipe) -> Lane:
    worker = ProcessWorker(recipe)
    return Lane(name=name, worker=worker, filters=await worker.start())


async def _detoxify(worker: ProcessWorker | StartsAside, deadline_s: float, on_refused: OnRefused) -> Lane:
    try:
        return Lane(name=DETOXIFY, worker=worker, filters=await worker.start(), deadline_s=deadline_s)
    except ConfigurationRefused as refused:
        return _without(DETOXIFY, refused, on_refused)


def _detoxify_worker(files: DetoxifyFiles, budget_s: float | None) -> ProcessWorker:
    arguments = (files.checkpoint, files.sha256, files.folder, files.device, budget_s)
    return ProcessWorker(Recipe(factory=DETOXIFY_FILTERS, arguments=arguments), DETOXIFY_START_S)


def _inline(name: str, filters: Sequence[Filter]) -> Lane:
    infos = tuple(FilterInfo(name=each.name, categories=each.categories) for each in filters)
    return Lane(name=name, worker=InlineWorker(filters), filters=infos)


def _without(name: str, refused: ConfigurationRefused, on_refused: OnRefused) -> Lane:
    on_refused(refused)
    return _inline(name, (WithoutModel(name, frozenset({Category.TOXICITY})),))

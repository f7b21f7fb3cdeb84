"""What the bot judges and speaks with: its own packages, lexicons, models, plug-ins, texts."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from adapters.detoxify.making import look
from bots.assets import HOME, check_lexicons
from bots.doctor.section import Section, mild, problems_of
from bots.models import DetoxifyFiles, load_models
from bots.packages import check_packages
from config.settings import Settings
from config.texts.catalogue import ENGLISH, FOLDER, Catalogue
from core.care.members import Languages
from core.errors import ConfigurationRefused
from core.model.problem import Problem
from filters.registry import plugin_filters


def examine_installation() -> Section:
    """The packages that run are Lightkeeper's own."""
    try:
        installed = version("lightkeeper")
    except PackageNotFoundError:
        problem = Problem(place="lightkeeper", reason="is not installed", hint="see the README")
        return Section(name="Installation", problems=(problem,))
    try:
        check_packages()
    except ConfigurationRefused as refused:
        return Section(name="Installation", problems=problems_of(refused))
    return Section(name="Installation", note=f"version {installed}")


def examine_filters(settings: Settings | None, home: Path = HOME) -> Section:
    """Lexicons, models and plug-ins; a model that is refused leaves the bot working without it."""
    problems: list[Problem] = []
    try:
        check_lexicons(home)
    except ConfigurationRefused as refused:
        problems += problems_of(refused)
    models = load_models(settings, home)
    each = [_looked_at(getattr(models, name)) for name in models.__dataclass_fields__]
    for model in each:
        if isinstance(model, ConfigurationRefused):
            problems += map(mild, problems_of(model))
    try:
        plugins = len(plugin_filters())
    except ConfigurationRefused as refused:
        problems += problems_of(refused)
        plugins = 0
    ready = sum(model is not None and not isinstance(model, ConfigurationRefused) for model in each)
    return Section(name="Filters", problems=tuple(problems), note=_counted(ready, plugins))


def _looked_at(model: object) -> object:
    """A model, or why it would be refused as far as that can be told without loading it."""
    if isinstance(model, DetoxifyFiles):
        try:
            look(model.checkpoint, model.sha256, model.folder)
        except ConfigurationRefused as refused:
            return refused
    return model


def _counted(models: int, plugins: int) -> str:
    parts = ["lexicons", f"{models} {'model' if models == 1 else 'models'}"]
    if plugins:
        parts.append(f"{plugins} {'plug-in' if plugins == 1 else 'plug-ins'}")
    return ", ".join(parts)


def examine_texts(settings: Settings | None, folder: Path = FOLDER) -> Section:
    """What the bot says, in the language that was asked for."""
    try:
        catalogue = Catalogue(folder)
    except ConfigurationRefused as refused:
        problem = Problem(place=refused.path, reason=refused.reason, hint=refused.hint)
        return Section(name="Texts", problems=(problem,))
    except (OSError, ValueError) as error:
        problem = Problem(
            place=str(folder), reason=f"the texts can't be read: {type(error).__name__}", hint="reinstall Lightkeeper"
        )
        return Section(name="Texts", problems=(problem,))
    return Section(name="Texts", problems=tuple(_languages(settings, catalogue)), note=", ".join(catalogue.locales))


def languages_in(folder: Path = FOLDER) -> Languages | None:
    """The languages that there are for members; None where the texts can't be read, which is told of the texts."""
    try:
        return Catalogue(folder).languages()
    except (OSError, ValueError, ConfigurationRefused):
        return None


def _languages(settings: Settings | None, catalogue: Catalogue) -> Iterator[Problem]:
    locales = catalogue.locales
    if ENGLISH not in locales:
        yield Problem(place=f"{ENGLISH}.po", reason="the English texts are missing", hint="reinstall Lightkeeper")
    if settings is None:
        return
    wanted = settings.locale.replace("_", "-").lower()
    known = {each.replace("_", "-").lower() for each in locales}
    if not known & {wanted, wanted.partition("-")[0]}:
        yield Problem(
            place="LIGHTKEEPER_LOCALE",
            reason=f"{_why_not(settings.locale, catalogue)}, so English is spoken",
            hint=f"there are: {', '.join(locales)}",
            is_grave=False,
        )


def _why_not(locale: str, catalogue: Catalogue) -> str:
    if catalogue.languages().best(locale):
        return "nobody has reviewed the texts in this language"
    return "there are no texts in this language"

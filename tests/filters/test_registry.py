"""Which filters there are, and what becomes of a plug-in that is none."""

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, EntryPoints
from types import ModuleType

import pytest

from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.model.finding import NOTHING, Category, Verdict
from core.model.policy import CommunityPolicy
from filters import registry


class Weather:
    """A well-made plug-in."""

    name = "weather"
    version = "1"
    categories = frozenset({Category.TOXICITY})

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [NOTHING] * len(batch)


def changed(**attributes: object) -> type:
    return type("Changed", (Weather,), attributes)


def raising() -> None:
    raise RuntimeError


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> "Installer":
    return Installer(monkeypatch)


class Installer:
    """Makes entry points of objects, as if a package had been installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._module = ModuleType("synthetic_plugin")
        monkeypatch.setitem(sys.modules, "synthetic_plugin", self._module)

    def __call__(self, **factories: object) -> None:
        for name, factory in factories.items():
            setattr(self._module, name, factory)
        self.values({name: f"synthetic_plugin:{name}" for name in factories})

    def values(self, values: dict[str, str]) -> None:
        points = EntryPoints(EntryPoint(name, value, registry.GROUP) for name, value in values.items())
        self._patch.setattr(registry, "entry_points", lambda *, group: points.select(group=group))


def test_the_built_in_filters_are_the_lexicons_the_rules_and_the_model() -> None:
    filters = registry.lexicon_filters({None: CommunityPolicy()})
    assert {each.name for each in filters} | {registry.TOXICITY} == registry.BUILT_IN
    assert set().union(*(each.categories for each in filters)) == {Category.CRISIS, Category.HARASSMENT, Category.RULES}


def test_without_plugins_there_are_none(install: Installer) -> None:
    install()
    assert registry.plugin_names() == ()
    assert registry.plugin_filters() == ()


def test_plugins_are_made_in_the_order_of_their_names(install: Installer) -> None:
    install(zebra=Weather, ant=changed(name="ant"))
    assert registry.plugin_names() == ("ant", "zebra")
    assert [each.name for each in registry.plugin_filters()] == ["ant", "weather"]


def test_a_plugin_that_cant_be_imported_is_reported_by_name(install: Installer) -> None:
    install.values({"broken": "synthetic_package_that_is_not_there:make"})
    assert registry.plugin_names() == ("broken",)
    with pytest.raises(ConfigurationRefused) as refused:
        registry.plugin_filters()
    assert "broken" in refused.value.path
    assert "ModuleNotFoundError" in refused.value.reason


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        (raising, "RuntimeError"),
        (dict, "its name"),
        (changed(name=""), "its name"),
        (changed(name="Weather"), "lower case"),
        (changed(version=1), "its version"),
        (changed(categories=set()), "categories"),
        (changed(categories=frozenset({"weather"})), "categories"),
        (changed(screen=None), "screen()"),
        (changed(name="harassment"), "taken"),
        (changed(name="detoxify"), "taken"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_reason(install: Installer, factory: object, reason: str) -> None:
    install(odd=factory)
    with pytest.raises(ConfigurationRefused) as refused:
        registry.plugin_filters()
    assert "odd" in refused.value.path
    assert reason in refused.value.reason


def test_two_plugins_cant_share_a_name(install: Installer) -> None:
    install(one=Weather, two=Weather)
    with pytest.raises(ConfigurationRefused, match="taken"):
        registry.plugin_filters()

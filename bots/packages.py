"""The start-up check that goes with literal top-level packages (ADR-0001): the code that runs is Lightkeeper's own."""

import importlib
from pathlib import Path

from core.errors import ConfigurationRefused

PACKAGES = ("bots", "core", "filters", "adapters", "config")


def check_packages() -> None:
    """Every one of the five packages lies beside this one.

    Raises: `ConfigurationRefused` when another library's package of the same name comes first on the path.
    """
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        found = importlib.import_module(name).__file__
        if found is None or Path(found).resolve().parent.parent != home:
            raise ConfigurationRefused(
                f"package {name}",
                "another library's package of this name is in the way",
                "install Lightkeeper in a virtual environment of its own",
            )

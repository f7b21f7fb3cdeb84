"""The word sets that the rules use, read from the data file of the language."""

from collections.abc import Mapping
from importlib import resources


def read_word_sets(data: bytes) -> Mapping[str, frozenset[str]]:
    """Word sets by name; a name may stand on several lines, whose words join."""
    found: dict[str, frozenset[str]] = {}
    for line in data.decode().splitlines():
        if line and not line.startswith("#"):
            name, _, words = line.partition(":")
            found[name] = found.get(name, frozenset()) | frozenset(words.split())
    return found


WORDS = read_word_sets(resources.files(__package__).joinpath("en.words.txt").read_bytes())

"""The countries that may be named, by their ISO 3166-1 alpha-2 codes, as Babel knows them."""

from collections.abc import Mapping
from functools import cache

from babel import Locale

_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})
"""Unions, test regions and islands that Babel names by two letters though ISO assigns them to no country."""

_MEANT: Mapping[str, str] = {"UK": "GB", "EN": "GB", "EL": "GR"}
"""What people write and ISO doesn't."""


@cache
def countries() -> Mapping[str, str]:
    """The English name of each country, by its code."""
    names = Locale("en").territories
    return {
        code: names[code] for code in sorted(names) if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }


def check_country(code: str) -> str:
    """The code, where it is a country's. Raises: `ValueError` that names the nearest one."""
    if code in countries():
        return code
    upper = code.upper()
    by_name = {name.lower(): each for each, name in countries().items()}
    meant = _MEANT.get(upper) or by_name.get(code.lower()) or (upper if upper in countries() else "")
    hint = f"did you mean {meant}?" if meant else "such as DE or US"
    raise ValueError(f"is no country's code of two capital letters (ISO 3166-1); {hint}")

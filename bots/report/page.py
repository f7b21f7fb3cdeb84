"""One page of HTML that needs nothing else: its style stands in it, and its content policy lets nothing in or out.

Everything that is put into a template is escaped; messages and names go through the filter `shown`, which also makes
visible what could reorder or hide words. There is no script, so nothing that a person wrote could become one.
"""

from functools import cache
from importlib.metadata import version

import jinja2

from adapters.console.wording import plain, shown
from bots.report.wording import (
    about,
    action_word,
    category_word,
    clipped,
    count,
    counted,
    day_word,
    decimals,
    kind_word,
    level_word,
    percent,
    span,
    time_word,
)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("bots.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "about": about,
        "clipped": clipped,
        "count": count,
        "counted": counted,
        "day": day_word,
        "decimals": decimals,
        "percent": percent,
        "plain": plain,
        "shown": shown,
        "span": span,
        "time": time_word,
    }
    environment.globals |= {
        "action_word": action_word,
        "category_word": category_word,
        "kind_word": kind_word,
        "level_word": level_word,
        "version": version("lightkeeper"),
    }
    return environment


def render_page(template: str, **values: object) -> str:
    """A template of this package as a whole page."""
    return _environment().get_template(template).render(**values)

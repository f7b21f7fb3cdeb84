"""What stands in a model's place when the model can't be used: an honest "not checked" for every message."""

from collections.abc import Sequence

from core.flow.filter import Seen
from core.flow.judging import failed
from core.model.finding import Category, CheckState, Verdict

WHY = "the model was refused when Lightkeeper started, so this was not checked"


class WithoutModel:
    """Finds nothing, and says of every message that the filter `name` was skipped for each of `categories`."""

    version = "0"

    def __init__(self, name: str, categories: frozenset[Category]) -> None:
        self.name = name
        self.categories = categories
        self._verdict = failed(name, categories, WHY, CheckState.SKIPPED)

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._verdict] * len(batch)

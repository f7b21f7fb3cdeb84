"""Everything about a case but its words, as it is read for a page of cases at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.model.case import Case, Concern, Evidence
from core.model.record import ActionRecord

WITH_RECORD = frozenset({Concern.CONDUCT, Concern.APPEAL})
"""The concerns whose people see the record of the member it is about; never crisis (promise 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A case with what belongs to it.

    Attributes:
        evidence: Oldest first.
        actions: Everything decided for it, oldest first.
        record: The upheld conduct cases of its member within retention, oldest first, for a concern `WITH_RECORD`.
    """

    case: Case
    evidence: Sequence[Evidence] = ()
    actions: Sequence[ActionRecord] = ()
    record: Sequence[Case] = ()

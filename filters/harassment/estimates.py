"""Scores for a message, estimated from the lexicon: rough, and replaced by a model's where one is installed."""

from collections.abc import Iterable, Sequence

from core.model.finding import Finding, Kind
from filters.harassment.claims import Dismissed

_BY_LEVEL = (0.0, 0.45, 0.75, 0.9, 0.97)
_SCORE_OF: dict[Kind, str] = {
    Kind.INSULT: "insult",
    Kind.PILE_ON: "insult",
    Kind.THREAT: "threat",
    Kind.IDENTITY_ATTACK: "identity_attack",
    Kind.SEXUAL: "obscene",
}
_CRUDE_TOXICITY = (0.0, 0.15, 0.3)
_CRUDE_OBSCENE = (0.0, 0.2, 0.6)
_MENTIONED = 0.15
_SEVERE_KINDS = frozenset({Kind.THREAT, Kind.IDENTITY_ATTACK, Kind.ENCOURAGEMENT, Kind.SEXUAL})


def estimates(findings: Sequence[Finding], dismissed: Iterable[Dismissed], crude: int) -> dict[str, float]:
    """The scores that the findings, what was dismissed and the crudeness (0 to 2) of the words support."""
    scores: dict[str, float] = {"harassment": 0.0, "toxicity": 0.0}

    def at_least(name: str, score: float) -> None:
        scores[name] = max(scores.get(name, 0.0), round(score, 3))

    for finding in findings:
        strength = _BY_LEVEL[finding.level] * (0.5 + finding.score / 2)
        at_least("harassment", strength)
        if finding.kind is Kind.STALKING:
            continue
        at_least("toxicity", strength)
        if finding.kind in _SCORE_OF:
            at_least(_SCORE_OF[finding.kind], strength)
        if finding.kind in _SEVERE_KINDS and finding.level >= 3:
            at_least("severe_toxicity", strength / 2 if finding.level == 3 else strength * 0.7)
    for one in dismissed:
        at_least("toxicity", _MENTIONED)
        if one.entry.kind in _SCORE_OF:
            at_least(_SCORE_OF[one.entry.kind], _MENTIONED)
    if crude:
        at_least("toxicity", _CRUDE_TOXICITY[crude])
        at_least("obscene", _CRUDE_OBSCENE[crude])
    return scores

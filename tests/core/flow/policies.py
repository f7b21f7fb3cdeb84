"""Random policies, and what they decide on."""

from hypothesis import strategies as st

from core.flow.decision import Decision
from core.flow.history import History
from core.model.action import LAWS, Effect
from core.model.case import Concern
from core.model.finding import KINDS, Category, CheckState, Finding, Verdict
from core.model.message import RoleId
from core.model.policy import CommunityPolicy, CrisisThreshold, Override, PartialThreshold, Step, Threshold, Thresholds
from tests.core.examples import PIER, a_case, a_check, a_finding, a_message, seen

LADDERED = [Category.HARASSMENT, Category.TOXICITY, Category.RULES]
ENFORCING = [kind for kind, law in LAWS.items() if law.enforces]


@st.composite
def steps(draw: st.DrawFn) -> Step:
    category = draw(st.sampled_from(LADDERED))
    action = draw(st.sampled_from(ENFORCING))
    return Step.model_validate(
        {
            "category": category,
            "kinds": draw(st.frozensets(st.sampled_from(sorted(KINDS[category])), max_size=2)),
            "min_level": draw(st.integers(1, 4)),
            "min_score": draw(st.sampled_from([0.0, 0.5, 0.95])),
            "after_upheld": draw(st.sampled_from([0, 0, 2])),
            "action": action,
            "duration_s": draw(st.sampled_from([60, 3600])) if LAWS[action].takes_duration else 0,
            "mode": draw(st.sampled_from(["automatic", "automatic", "propose"])),
        }
    )


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    alert = draw(st.integers(1, 5))
    return Threshold(
        alert_level=alert, record_level=draw(st.integers(1, alert)), min_score=draw(st.sampled_from([0.0, 0.5, 1.0]))
    )


overrides = st.builds(
    Override,
    channels=st.just(frozenset({PIER.id})),
    roles=st.frozensets(st.sampled_from([RoleId("guest"), RoleId("regular")]), max_size=1),
    exempt=st.frozensets(st.sampled_from(LADDERED)),
    thresholds=st.dictionaries(
        st.sampled_from(LADDERED),
        st.builds(
            PartialThreshold,
            alert_level=st.none() | st.integers(1, 5),
            record_level=st.none() | st.integers(1, 5),
            min_score=st.none() | st.sampled_from([0.0, 1.0]),
        ),
        max_size=2,
    ),
)


@st.composite
def crisis_thresholds(draw: st.DrawFn) -> CrisisThreshold:
    alert = draw(st.integers(1, 2))
    return CrisisThreshold(alert_level=alert, record_level=draw(st.integers(1, alert)))


policies = st.builds(
    CommunityPolicy,
    enforcement=st.sampled_from(["live", "shadow"]),
    thresholds=st.builds(
        Thresholds,
        crisis=crisis_thresholds(),
        harassment=thresholds(),
        toxicity=thresholds(),
        rules=thresholds(),
    ),
    overrides=st.lists(overrides, max_size=3).map(tuple),
    ladder=st.lists(steps(), max_size=6).map(tuple),
)


@st.composite
def findings(draw: st.DrawFn, categories: tuple[Category, ...] = tuple(Category)) -> Finding:
    category = draw(st.sampled_from(categories))
    level = draw(st.integers(0, 4))
    low, high = (0.0, 1.0) if category is not Category.CRISIS else ((0.5, 1.0) if level >= 2 else (0.0, 0.49))
    return a_finding(
        category,
        level,
        kind=draw(st.sampled_from(sorted(KINDS[category]))),
        score=draw(st.floats(low, high)),
    )


checks = st.builds(a_check, st.none() | st.sampled_from(Category), st.sampled_from(CheckState))
verdicts = st.builds(
    lambda found, checked: Verdict(findings=tuple(found), checks=tuple(checked)),
    st.lists(findings(), max_size=4),
    st.lists(checks, max_size=3),
)
histories = st.builds(
    History,
    open_cases=st.dictionaries(st.sampled_from([Concern.CRISIS, Concern.CONDUCT]), st.integers(1, 4), max_size=2).map(
        lambda levels: {concern: a_case(concern, level, case_id=concern.value) for concern, level in levels.items()}
    ),
    raid=st.none() | st.just(a_case(Concern.RAID, case_id="raid", subject=PIER.id)),
    copies=st.none() | st.just(a_case(Concern.CRISIS, case_id="copies", subject=PIER.id)),
    opened_lately=st.sampled_from([0, 2, 3, 9]),
    alerted=st.dictionaries(st.sampled_from(Concern), st.integers(1, 4), max_size=2),
    upheld=st.integers(0, 3),
)
written = st.builds(
    lambda roles, is_late: seen(a_message(roles=roles, is_late=is_late)),
    st.lists(st.sampled_from(["guest", "regular"]), max_size=2),
    st.booleans(),
)


def enforced(decision: Decision) -> list[Effect]:
    return [effect for effect in decision.effects.automatic if LAWS[effect.kind].enforces]

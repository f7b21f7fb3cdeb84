"""The laws of merging: what promise 3 and a predictable ladder stand on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.action import (
    FOREVER_S,
    LANES,
    LAWS,
    NO_EFFECTS,
    SHIELD,
    ActionKind,
    Effect,
    EffectSet,
    Lane,
    effects,
    inverse_of,
    merge,
)

an_effect = st.builds(
    Effect,
    kind=st.sampled_from(ActionKind),
    target=st.sampled_from(["m1", "ann", "pier"]),
    duration_s=st.sampled_from([0, 60, 3600, FOREVER_S]),
)
a_set = st.builds(
    lambda automatic, proposed, shielded: effects(automatic=automatic, proposed=proposed, shielded=shielded),
    st.lists(an_effect, max_size=5),
    st.lists(an_effect, max_size=5),
    st.booleans(),
)


@given(a_set, a_set, a_set)
def test_merging_is_associative(a: EffectSet, b: EffectSet, c: EffectSet) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c)) == merge(a, b, c)


@given(a_set, a_set)
def test_merging_is_commutative(a: EffectSet, b: EffectSet) -> None:
    assert merge(a, b) == merge(b, a)


@given(a_set)
def test_merging_is_idempotent_and_nothing_changes_nothing(a: EffectSet) -> None:
    assert merge(a, a) == a
    assert merge(a, NO_EFFECTS) == a
    assert merge(a) == a


@given(a_set)
def test_a_shield_only_takes_automatic_enforcement_away(a: EffectSet) -> None:
    shielded = merge(a, SHIELD)
    assert shielded.automatic <= a.automatic
    assert not [effect for effect in shielded.automatic if LAWS[effect.kind].enforces]
    assert {e for e in a.automatic if not LAWS[e.kind].enforces} == shielded.automatic


@given(a_set)
def test_a_shield_leaves_what_it_stopped_to_people(a: EffectSet) -> None:
    shielded = merge(a, SHIELD)
    for effect in a.automatic:
        if LAWS[effect.kind].enforces:
            rival = [e for e in shielded.proposed if e.slot == effect.slot]
            assert rival
            assert rival[0].harshness >= effect.harshness


@given(a_set, a_set)
def test_once_shielded_always_shielded(a: EffectSet, b: EffectSet) -> None:
    merged = merge(a, SHIELD, b)
    assert merged.shielded
    assert not [effect for effect in merged.automatic if LAWS[effect.kind].enforces]


@given(a_set, a_set)
def test_every_slot_keeps_exactly_its_harshest_effect(a: EffectSet, b: EffectSet) -> None:
    merged = merge(a, b)
    wanted = a.automatic | a.proposed | b.automatic | b.proposed
    for slot in {effect.slot for effect in wanted}:
        harshest = max(effect.harshness for effect in wanted if effect.slot == slot)
        kept = [effect for effect in merged.automatic | merged.proposed if effect.slot == slot]
        assert max(effect.harshness for effect in kept) == harshest
        assert len([effect for effect in merged.automatic if effect.slot == slot]) <= 1
        assert len([effect for effect in merged.proposed if effect.slot == slot]) <= 1


def test_a_ban_swallows_a_timeout_of_the_same_member_only() -> None:
    ban = Effect(kind=ActionKind.BAN, target="ann", duration_s=FOREVER_S)
    timeout = Effect(kind=ActionKind.TIMEOUT, target="ann", duration_s=600)
    other = Effect(kind=ActionKind.TIMEOUT, target="bob", duration_s=600)
    assert effects(automatic=[timeout, ban, other]).automatic == {ban, other}


def test_a_harsher_proposal_stands_beside_a_milder_automatic_effect() -> None:
    ban = Effect(kind=ActionKind.BAN, target="ann", duration_s=FOREVER_S)
    timeout = Effect(kind=ActionKind.TIMEOUT, target="ann", duration_s=600)
    assert effects(automatic=[timeout], proposed=[ban]) == EffectSet(frozenset({timeout}), frozenset({ban}))
    assert effects(automatic=[ban], proposed=[timeout]) == EffectSet(frozenset({ban}))


def test_of_two_timeouts_the_longer_stays() -> None:
    short = Effect(kind=ActionKind.TIMEOUT, target="ann", duration_s=60)
    long = Effect(kind=ActionKind.TIMEOUT, target="ann", duration_s=600)
    assert effects(automatic=[long, short]).automatic == {long}


@pytest.mark.parametrize("kind", ActionKind)
def test_every_kind_has_a_law_in_a_known_lane(kind: ActionKind) -> None:
    assert LAWS[kind].lane in LANES


def test_lanes_are_each_named_once_with_crisis_first() -> None:
    assert sorted(LANES) == sorted(Lane)
    assert LANES[0] is Lane.CRISIS
    assert LANES[-1] is Lane.HOUSEKEEPING


@pytest.mark.parametrize("kind", ActionKind)
def test_an_inverse_frees_and_is_safe_to_repeat(kind: ActionKind) -> None:
    inverse = inverse_of(kind)
    if inverse is None:
        return
    assert LAWS[kind].enforces or kind is ActionKind.OPEN_TALK
    assert not LAWS[inverse].enforces
    assert LAWS[inverse].inverse is None
    assert [k for k in ActionKind if inverse_of(k) is inverse] == [kind]


def test_only_what_cannot_be_taken_back_has_no_inverse() -> None:
    without = {kind for kind in ActionKind if LAWS[kind].enforces and inverse_of(kind) is None}
    assert without == {ActionKind.DELETE, ActionKind.PURGE, ActionKind.KICK, ActionKind.WARN}


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if LAWS[kind].enforces])
def test_enforcing_kinds_of_one_family_are_strictly_ranked(kind: ActionKind) -> None:
    law = LAWS[kind]
    if law.family:
        assert [k for k in ActionKind if LAWS[k].family == law.family and LAWS[k].rank == law.rank] == [kind]
    else:
        assert kind is ActionKind.PURGE, "it competes with nothing but another purge"


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if LAWS[kind].is_told])
def test_only_a_sanction_of_a_member_is_told_first(kind: ActionKind) -> None:
    assert LAWS[kind].enforces
    assert LAWS[kind].family not in {"channel", "community"}


def test_nothing_that_frees_or_tells_people_counts_as_enforcement() -> None:
    enforcing = {kind for kind in ActionKind if LAWS[kind].enforces}
    assert enforcing == {
        ActionKind.DELETE,
        ActionKind.PURGE,
        ActionKind.WARN,
        ActionKind.TIMEOUT,
        ActionKind.KICK,
        ActionKind.BAN,
        ActionKind.SLOW_MODE,
        ActionKind.LOCK,
        ActionKind.PAUSE_JOINS,
    }

"""What the harassment filter makes of a line in its conversation. Every line here is synthetic."""

import random

from core.flow.filter import Seen
from core.model.finding import Kind
from tests.filters.harassment.talk import Line, harassment, last, level, message, only, talk


def test_three_people_against_one_are_a_pile_on_with_the_victim_as_target() -> None:
    verdict = last(
        ("ann", "here is my drawing"),
        ("cy", "you're pathetic", "ann"),
        ("dan", "ann you are so ugly"),
        ("bea", "loser", "ann"),
    )
    finding = only(verdict, Kind.PILE_ON)
    assert (finding.target, finding.level) == ("id-ann", 3)


def test_two_people_are_no_pile_on_and_every_later_message_of_one_is_told() -> None:
    lines = (
        ("ann", "here is my drawing"),
        ("cy", "you're pathetic", "ann"),
        ("dan", "you are ugly", "ann"),
        ("bea", "you are a disgrace", "ann"),
        ("cy", "you are disgusting", "ann"),
    )
    found = [level(verdict, Kind.PILE_ON) for verdict in harassment().screen(talk(*lines))]
    assert found == [0, 0, 0, 3, 3]


def test_an_unaddressed_you_in_a_pile_on_is_the_victim_and_not_the_attacker_before() -> None:
    verdict = last(
        ("ann", "hi"), ("cy", "you're pathetic"), ("dan", "yeah you are ugly"), ("bea", "you are disgusting")
    )
    assert {finding.target for finding in verdict.findings} == {"id-ann"}


def test_copies_of_one_line_that_names_nobody_are_no_pile_on() -> None:
    raid = [(name, "eat shit all of you") for name in ("cy", "dan", "eve", "bea")]
    assert all(level(v, Kind.PILE_ON) == 0 for v in harassment().screen(talk(("ann", "hi"), *raid)))


def test_the_same_author_against_three_people_is_no_pile_on() -> None:
    verdict = last(("bea", "you idiot", "ann"), ("bea", "you idiot", "cy"), ("bea", "you idiot", "dan"))
    assert level(verdict, Kind.PILE_ON) == 0


def test_friends_who_tease_each_other_are_left_alone() -> None:
    verdict = last(("ann", "you're such a noob lol", "bea"), ("bea", "you dork haha", "ann"))
    assert verdict.findings == ()
    assert any("banter" in check.why for check in verdict.checks)


def test_three_friends_who_tease_a_fourth_with_a_laugh_are_no_pile_on() -> None:
    lines = [(name, "lol you noob", "ann") for name in ("cy", "dan", "bea")]
    assert level(last(("ann", "i fell off my bike"), *lines), Kind.PILE_ON) == 0


def test_laughing_at_somebody_who_asked_for_an_end_is_no_banter() -> None:
    verdict = last(
        ("ann", "you noob lol", "bea"), ("ann", "no really leave me alone", "bea"), ("bea", "you idiot haha", "ann")
    )
    assert level(verdict) >= 1


def test_a_quarrel_without_laughter_is_no_banter() -> None:
    assert level(last(("ann", "you moron", "bea"), ("bea", "you idiot", "ann"))) == 2


def test_a_playful_threat_between_friends_is_lowered_but_told() -> None:
    verdict = last(("ann", "you idiot lol", "bea"), ("bea", "i'll kill you haha", "ann"))
    assert level(verdict, Kind.THREAT) == 2


def test_repetition_against_the_same_member_raises_the_level_once() -> None:
    lines = (("ann", "hi"), ("bea", "you moron", "ann"), ("bea", "you cretin", "ann"), ("bea", "you imbecile", "ann"))
    assert [level(v) for v in harassment().screen(talk(*lines))] == [0, 2, 3, 3]


def test_whom_an_earlier_line_addressed_says_nothing_about_this_one() -> None:
    assert level(last(("ann", "hi"), ("cy", "you moron", "dan"), ("bea", "loser"))) == 1


def test_repetition_against_others_raises_nothing() -> None:
    assert level(last(("bea", "you moron", "cy"), ("bea", "you moron", "ann"))) == 2


def test_encouragement_to_somebody_in_distress_is_of_level_four() -> None:
    finding = only(last(("ann", "i want to die"), ("bea", "kys", "ann")), Kind.ENCOURAGEMENT)
    assert (finding.level, finding.target) == (4, "id-ann")
    assert "distress" not in finding.why


def test_a_taunt_counts_as_encouragement_only_after_distress() -> None:
    assert level(last(("ann", "i want to kill myself tonight"), ("bea", "do it you won't", "ann"))) == 4
    assert level(last(("ann", "should i jump into the lake?"), ("bea", "do it you won't", "ann"))) == 0


def test_joking_friends_get_no_discount_when_one_is_in_distress() -> None:
    verdict = last(("ann", "you idiot lol", "bea"), ("ann", "i wanna die"), ("bea", "kys haha", "ann"))
    assert level(verdict, Kind.ENCOURAGEMENT) == 4


def test_going_on_after_being_told_to_stop_is_stalking() -> None:
    lines = (
        ("bea", "hi", "ann"),
        ("ann", "leave me alone", "bea"),
        ("bea", "why", "ann"),
        ("bea", "hello", "ann"),
    )
    found = [level(verdict, Kind.STALKING) for verdict in harassment().screen(talk(*lines))]
    assert found == [0, 0, 0, 2]


def test_pressing_somebody_who_never_answers_is_stalking() -> None:
    lines = (
        ("bea", "hi", "ann"),
        ("bea", "hello?", "ann"),
        ("bea", "why are you ignoring me", "ann"),
        ("bea", "answer me", "ann"),
    )
    assert only(last(*lines), Kind.STALKING).target == "id-ann"
    answered = (*lines[:3], ("ann", "was at work", "bea"), lines[3])
    assert level(last(*answered), Kind.STALKING) == 0


def test_helping_somebody_in_many_messages_is_no_stalking() -> None:
    steps: list[Line] = [("bea", f"ann: step {number}, open the next page") for number in range(12)]
    assert all(verdict.findings == () for verdict in harassment().screen(talk(("ann", "how?"), *steps)))


def test_a_name_at_the_start_and_a_name_inside_are_targets() -> None:
    for text in ("ann: you idiot", "ann, you idiot", "you idiot ann", "ann is an idiot", "fuck ann", "i'll kill ann"):
        finding = last(("ann", "hi"), ("cy", "hm"), ("bea", text)).findings[0]
        assert finding.target == "id-ann", text


def test_an_address_of_a_named_member_is_doxxing_with_that_target() -> None:
    finding = only(last(("ann", "hi"), ("bea", "ann lives at 12 oak street")), Kind.DOXXING)
    assert (finding.level, finding.target) == (4, "id-ann")


def test_nobody_harasses_themselves() -> None:
    assert last(("bea", "hi"), ("bea", "bea is an idiot")).findings == ()


def test_quoted_text_never_counts() -> None:
    plain = message("look what he wrote")
    quoting = Seen(
        message=type(plain)(**{**{f: getattr(plain, f) for f in plain.__slots__}, "quoted": "kill yourself"})
    )
    assert harassment().screen([quoting])[0].findings == ()


def test_an_edit_is_not_held_against_its_own_first_version() -> None:
    first, second = message("you moron", number=7, reply_to="ann"), message("you cretin", number=7, reply_to="ann")
    assert level(harassment().screen([Seen(message=second, before=(first,))])[0]) == 2


def test_a_verdict_does_not_depend_on_the_rest_of_the_batch() -> None:
    lines: list[Line] = [
        ("ann", "hi"),
        ("bea", "you moron", "ann"),
        ("cy", "kys", "ann"),
        ("dan", "lol"),
        ("dan", "you are pathetic", "ann"),
        ("ann", "leave me alone"),
        ("bea", "no", "ann"),
        ("bea", "answer me", "ann"),
    ]
    batch = talk(*lines)
    alone = [harassment().screen([seen])[0] for seen in batch]
    assert list(harassment().screen(batch)) == alone
    order = list(range(len(batch)))
    random.Random(4).shuffle(order)
    shuffled = harassment().screen([batch[index] for index in order])
    assert [alone[index] for index in order] == list(shuffled)

"""What the harassment filter makes of a single line. Every line here is synthetic."""

import pytest

from core.model.finding import CheckState, Kind
from tests.filters.harassment.talk import level, only, said


@pytest.mark.parametrize(
    "text",
    [
        "you are an idiot",
        "you idiot",
        "ur such a fucking moron",
        "you absolute piece of shit",
        "are you retarded?",
        "how stupid are you",
        "your a loser",
        "you look like a pig",
        "what are you doing you clown",
        "shut up idiot",
        "stop bothering me idiot",
        "thanks asshole",
        "idiot, you broke the door",
        "your stupid face",
        "your face is ugly",
        "fuck you",
        "go fuck yourself",
        "nobody likes you",
        "i hate you",
        "you are nothing but a waste of space",
        "you sound like a whiny little bitch",
        "everyone hates you",
        "eat shit",
        "you make me sick",
        "you are the dumbest idiot here",
        "you guys are pathetic",
        "u r so ugly",
    ],
)
def test_an_insult_said_to_somebody_is_at_least_of_level_two(text: str) -> None:
    assert level(said(text), Kind.INSULT) >= 2


@pytest.mark.parametrize(
    "text",
    [
        "you 1d10t",
        "you iiidiiiot",
        "y o u  i d i o t",
        "yоu аre аn idiоt",  # some letters are Cyrillic
        "you are an id\u200biot",
        "you are an 𝓲𝓭𝓲𝓸𝓽",
        "YOU ARE AN IDIOT",
        "f*ck you",
        "you b*tch",
        "you assssshole",
    ],
)
def test_a_disguised_insult_is_read(text: str) -> None:
    assert level(said(text), Kind.INSULT) >= 2


@pytest.mark.parametrize(
    "text",
    [
        "i'm such an idiot",
        "i feel stupid",
        "call me stupid but it works",
        "stupid me, forgot the key",
        "my bad, i was an idiot",
        "fuck this printer",
        "shit, it broke",
        "stupid computer",
        "this bitch won't compile",
        "god damn piece of shit laptop",
        "fuck you, printer",
        "that's a stupid idea",
        "sorry for the stupid question",
        "dumb terminal",
        "kill the process",
        "kill -9 1234",
        "you must kill X first",
        "you have to kill the zombie process",
        "the master kills its slaves on exit",
        "your computer is stupid",
        "you need to dumb it down",
        "you're not stupid",
        "you are no idiot",
        "i don't think you're an idiot",
        "nobody said you are stupid",
        "he called me a bitch",
        "she said you idiot and left",
        '"you idiot" is what she wrote to me',
        "> you are an idiot",
        "stop calling people idiots",
        "calling her a whore is not okay",
        "what does faggot mean?",
        "is retard a slur?",
        "you're insane at this game",
        "sick play",
        "you killed it",
        "you beast",
        "you magnificent bastard",
        "you lucky bastard",
        "you absolute legend",
        "you are my favorite idiot <3",
        "love you idiot",
        "bad bitch energy today",
        "we queers stick together",
        "i'm a dyke and proud",
        "as a fat guy i agree",
        "that guy in the film is a moron",
        "she's an idiot",
        "if you are stupid enough to try, use a helmet",
        "what an amazing view",
        "nobody knows",
        "this is a pain in the ass",
        "i laughed my ass off",
        "you scared the shit out of me",
        "please answer me when you can",
        "watch out for the ice",
        "it'll screw you up if the disk is full",
        "pakistan won the match",
        "the car's transmission is gone",
        "breast cancer research",
        "why do files keep cutting out",
        "did somebody block your port as a joke?",
        "look in ~/.trash/idiot or http://example.org/you/idiot",
        "moron_77, open the settings",
        "idiot: open the settings",
    ],
)
def test_what_abuses_nobody_is_no_alarm(text: str) -> None:
    verdict = said(text)
    assert level(verdict) < 2
    assert verdict.scores.get("harassment", 0.0) < 0.5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("i'm such an idiot", "author"),
        ("you're not stupid", "denied"),
        ("this idiot of a router", "thing"),
        ("he called me a bitch", "reports"),
        ("you're insane at this game", "compliment"),
        ("what does faggot mean?", "word"),
        ("dumb terminal", "ordinary expression"),
        ('"you idiot" is what she wrote', "quotation"),
        ("she's an idiot", "not named"),
        ("love you idiot", "fondly"),
    ],
)
def test_what_is_dismissed_is_considered_with_its_reason(text: str, reason: str) -> None:
    checks = said(text).checks
    assert any(check.state is CheckState.CONSIDERED and reason in check.why for check in checks)


@pytest.mark.parametrize(
    "text",
    [
        "kys",
        "kys lol",
        "kill yourself",
        "go kill yourself",
        "just kill urself already",
        "k*ll yourself",
        "why don't you kill yourself",
        "you should kill yourself",
        "you need to kill yourself",
        "go die",
        "go die in a fire",
        "nobody would miss you",
        "the world would be better off without you",
        "do us all a favor and kill yourself",
        "i hope you die",
        "you should have never been born",
        "drink bleach",
    ],
)
def test_urging_somebody_to_die_is_encouragement_of_level_three(text: str) -> None:
    assert level(said(text), Kind.ENCOURAGEMENT) == 3


@pytest.mark.parametrize(
    "text",
    [
        "please don't kill yourself",
        "never kill yourself over a job",
        "you'll kill yourself lifting that",
        "don't kill yourself working",
        "if you kill yourself i'll miss you",
        "are you going to kill yourself?",
        "do you want to kill yourself?",
        "he told me to kill myself",
        "someone said kys to her and got banned",
        "stop telling people to kys",
        "it feels like nobody would miss you, but that's not true",
        "i want to kill myself",
        "i'd rather die than do homework",
        "suicide squad was bad",
    ],
)
def test_speaking_of_the_act_is_not_urging_it(text: str) -> None:
    assert level(said(text), Kind.ENCOURAGEMENT) == 0


@pytest.mark.parametrize(
    "text",
    [
        "i'll kill you",
        "i'm gonna fucking find you and kill you",
        "im going to rip your head off",
        "someone should shoot you",
        "hope you get raped",
        "i know where you live",
        "you deserve to be shot",
        "i will beat the shit out of you",
        "if you leave me i'll kill myself",
        "if you leave me i'll post your pics",
        "send more or i will leak your nudes",
    ],
)
def test_threats_wishes_of_harm_and_coercion_are_of_level_three(text: str) -> None:
    verdict = said(text)
    assert max(level(verdict, Kind.THREAT), level(verdict, Kind.DOXXING)) >= 3


def test_a_threat_with_details_is_of_level_four() -> None:
    assert level(said("i know where you live and i will stab you tonight"), Kind.THREAT) == 4


@pytest.mark.parametrize(
    "text",
    ["i'll kill you in mario kart lol", "i will destroy you next round", "my wife will kill me", "i won't hurt you"],
)
def test_games_and_hyperbole_are_no_threat(text: str) -> None:
    assert level(said(text)) < 2


@pytest.mark.parametrize(
    "text",
    ["you fucking faggot", "all jews should die", "go back to your country", "you f@ggot", "you gay bastard"],
)
def test_attacks_for_belonging_to_a_group_are_of_level_three(text: str) -> None:
    assert level(said(text), Kind.IDENTITY_ATTACK) == 3


def test_a_slur_that_is_said_of_nobody_here_is_of_level_two_and_has_no_target() -> None:
    finding = only(said("no kikes in this town"), Kind.IDENTITY_ATTACK)
    assert (finding.level, finding.target) == (2, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("you live at 14 Maple Avenue", 4),
        ("your address is 12 Elm Street right?", 4),
        ("her number is 555-123-4567", 2),
        ("i'm going to dox you", 3),
        ("i will leak your home address", 3),
        ("my number is 555 123 4567", 0),
        ("the shop is at 12 Oak Street", 0),
        ("your ip address is 192.168.100.200", 0),
        ("call me at 555-123-4567", 0),
        ("stop doxxing people", 0),
    ],
)
def test_private_data_of_others_is_doxxing_and_ones_own_is_not(text: str, expected: int) -> None:
    assert level(said(text), Kind.DOXXING) == expected


@pytest.mark.parametrize("text", ["send nudes", "suck my dick", "show me your tits", "i'd fuck you"])
def test_sexual_demands_are_of_level_two_or_more(text: str) -> None:
    assert level(said(text), Kind.SEXUAL) >= 2


def test_rudeness_is_of_level_one() -> None:
    assert level(said("shut up")) == 1
    assert level(said("your idea is stupid")) == 1


def test_laughter_softens_what_friends_say_too_but_not_the_rest() -> None:
    assert level(said("lol you idiot")) == 1
    assert level(said("lol you worthless moron")) == 2
    assert level(said("no offense but you are pathetic")) == 2


def test_a_reply_of_one_word_is_aimed_at_the_one_replied_to() -> None:
    alone, reply = said("loser"), said("loser", reply_to="ann")
    assert (level(alone), level(reply)) == (1, 2)
    assert only(reply, Kind.INSULT).target == "id-ann"


def test_third_person_counts_only_when_a_member_is_named() -> None:
    assert level(said("she is a whore")) == 0
    assert only(said("she is a whore", mentions=["ann"]), Kind.INSULT).target == "id-ann"


def test_scores_are_low_for_swearing_and_high_for_abuse() -> None:
    swearing, abuse = said("fuck this shit").scores, said("fuck you, you worthless cunt").scores
    assert swearing["toxicity"] == pytest.approx(0.3)
    assert swearing["harassment"] == 0.0
    assert abuse["harassment"] > 0.6
    assert abuse["insult"] > 0.6
    assert said("i will kill you").scores["threat"] > 0.7
    assert said("you faggot").scores["identity_attack"] > 0.7
    assert said("good morning everyone").scores == {}

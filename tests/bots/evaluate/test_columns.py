"""Which columns are taken, and what the values of a label mean."""

import pytest

from bots.evaluate.columns import Columns, Label, NotAsAsked, asked_label, choose_columns
from bots.screen import BadLine

TOXIC = Label(column="toxic", score="toxicity")


def chosen(*names: str, text: str | None = None, labels: tuple[Label, ...] = ()) -> Columns:
    return choose_columns(names, text=text, labels=labels, positive=())


def refused(*names: str, text: str | None = None, labels: tuple[Label, ...] = ()) -> str:
    with pytest.raises(NotAsAsked) as caught:
        chosen(*names, text=text, labels=labels)
    return str(caught.value)


def test_the_names_of_the_jigsaw_data_are_known() -> None:
    columns = chosen(
        "id", "comment_text", "toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate", "text_form"
    )
    assert columns.text == "comment_text"
    assert [(each.column, each.score) for each in columns.labels] == [
        ("toxic", "toxicity"),
        ("severe_toxic", "severe_toxicity"),
        ("obscene", "obscene"),
        ("threat", "threat"),
        ("insult", "insult"),
        ("identity_hate", "identity_attack"),
    ]


def test_case_and_space_around_names_do_not_matter() -> None:
    columns = chosen(" Text", "CRISIS ")
    assert (columns.text, columns.labels) == (" Text", (Label(column="CRISIS ", score="crisis"),))


def test_named_columns_are_taken_instead_of_known_ones() -> None:
    columns = chosen("text", "Body", "toxic", "bad", text="body", labels=(asked_label("bad=harassment"),))
    assert (columns.text, columns.labels) == ("Body", (Label(column="bad", score="harassment"),))


def test_what_does_not_fit_is_refused_with_what_would() -> None:
    assert "did you mean comment_text?" in refused("comment_text", "toxic", text="coment_text")
    assert "--text" in refused("body", "toxic")
    assert "--label" in refused("text", "rating")
    assert "the file has: text, rating" in refused("text", "rating")
    assert "toxic, toxicity are all for toxicity" in refused("text", "toxic", "toxicity")
    assert "text and label" in refused("text", "toxic", text="toxic")


def test_a_header_that_is_missing_puts_nobodys_words_into_the_error() -> None:
    said = refused("synthetic words of somebody", "1")
    assert "somebody" not in said
    assert "(column 1)" in said


@pytest.mark.parametrize("argument", ["toxicity", "=toxicity", "bad=", "bad=badness"])
def test_a_label_is_column_and_score(argument: str) -> None:
    with pytest.raises(NotAsAsked, match="--label"):
        asked_label(argument)


def test_the_nearest_score_is_named() -> None:
    with pytest.raises(NotAsAsked, match=r"did you mean severe_toxicity\?"):
        asked_label("bad=severe_toxic")


@pytest.mark.parametrize("value", [1, True, "1", "true", " YES ", 1.0, "0.5", 0.83])
def test_these_values_carry_the_label(value: object) -> None:
    assert chosen("text", "toxic").label_of(TOXIC, value) is True


@pytest.mark.parametrize("value", [0, False, "0", "False", "no", "0.0", 0.49])
def test_these_values_do_not(value: object) -> None:
    assert chosen("text", "toxic").label_of(TOXIC, value) is False


@pytest.mark.parametrize("value", [None, "", " ", "NaN", -1, "-1", "null"])
def test_these_values_are_no_label(value: object) -> None:
    assert chosen("text", "toxic").label_of(TOXIC, value) is None


@pytest.mark.parametrize("value", ["offensive words", 2, "inf", -0.5, [1], {"a": 1}])
def test_any_other_value_is_refused_without_being_repeated(value: object) -> None:
    with pytest.raises(BadLine) as caught:
        chosen("text", "toxic").label_of(TOXIC, value)
    assert str(caught.value).startswith("toxic: is neither")
    assert "offensive" not in str(caught.value)


def test_named_values_carry_the_label_and_every_other_one_does_not() -> None:
    columns = choose_columns(["text", "toxic"], text=None, labels=[], positive=["Hate", "offensive", "-1"])
    given = ("hate", "OFFENSIVE", "neither", "1", -1, "", None)
    assert [columns.label_of(TOXIC, value) for value in given] == [True, True, False, False, True, None, None]

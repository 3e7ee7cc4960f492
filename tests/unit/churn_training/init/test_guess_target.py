"""Which column is taken for the target, and which word for churn."""

import pytest
from churn_training.errors import NotDecided
from churn_training.init.guess_target import guess_target
from churn_training.init.profile import ColumnProfile, Numbers, TableProfile


def column(name: str, **words: int) -> ColumnProfile:
    return words_column(name, {word.strip("_").replace("_", " "): rows for word, rows in words.items()})


def words_column(name: str, words: dict[str, int], missing: int = 0) -> ColumnProfile:
    ordered = tuple(sorted(words.items(), key=lambda item: -item[1]))
    return ColumnProfile(name, sum(words.values()) + missing, missing, len(words), ordered)


AGE = ColumnProfile("age", 100, 0, 40, (), numbers=Numbers(18, 80, True))


@pytest.mark.parametrize(
    ("columns", "name", "positive", "negative"),
    [
        pytest.param([AGE, column("Churn", Yes=20, No=80)], "Churn", "Yes", "No", id="yes and no"),
        pytest.param([column("Exited", _1=20, _0=80), AGE], "Exited", "1", "0", id="1 and 0, not the last column"),
        pytest.param(
            [column("Attrition_Flag", Existing_Customer=80, Attrited_Customer=20), AGE],
            *("Attrition_Flag", "Attrited Customer", "Existing Customer"),
            id="words of the trade",
        ),
        pytest.param([column("status", Active=80, Cancelled=20), AGE], "status", "Cancelled", "Active", id="by values"),
        pytest.param([AGE, column("churned", False_=80, True_=20)], "churned", "True", "False", id="true and false"),
        pytest.param([AGE, column("late", no=80, yes=20)], "late", "yes", "no", id="the last column"),
        pytest.param(
            [AGE, words_column("Churn", {"Not churned": 80, "Churned": 20})],
            *("Churn", "Churned", "Not churned"),
            id="not",
        ),
        pytest.param([words_column("Churn", {"-1": 80, "1": 20})], "Churn", "1", "-1", id="-1 is no 1"),
        pytest.param(
            [words_column("Churn", {"Did not churn": 80, "Churned": 20})],
            *("Churn", "Churned", "Did not churn"),
            id="not, later",
        ),
        pytest.param(
            [words_column("Churn", {"Churn: No": 80, "Churn: Yes": 20})],
            *("Churn", "Churn: Yes", "Churn: No"),
            id="no, at the end",
        ),
        pytest.param(
            [words_column("Churn", {"Never left": 80, "Left": 20})], *("Churn", "Left", "Never left"), id="never"
        ),
        pytest.param([AGE, column("churn", A=80, B=20)], "churn", "B", "A", id="unknown words: the rarer one"),
    ],
)
def test_the_target_is_guessed(columns: list[ColumnProfile], name: str, positive: str, negative: str) -> None:
    guess = guess_target(TableProfile(100, tuple(columns)))
    assert (guess.name, guess.positive, guess.negative) == (name, (positive,), (negative,))


@pytest.mark.parametrize(
    ("name", "positive"),
    [pytest.param("Retained", "0", id="who stays"), pytest.param("lost_or_retained", "1", id="who leaves")],
)
def test_a_column_that_names_who_stays_is_turned(name: str, positive: str) -> None:
    guess = guess_target(TableProfile(100, (AGE, column(name, _1=80, _0=20))), name)
    assert (guess.positive, guess.doubts) == ((positive,), ())


def test_codes_without_a_no_are_a_doubt() -> None:
    guess = guess_target(TableProfile(100, (AGE, column("churn", _1=80, _2=20))))
    assert (guess.positive, "rarer word" in guess.doubts[0]) == (("2",), True)


def test_words_that_are_neither_are_ignored_and_told() -> None:
    status = words_column("Customer Status", {"Stayed": 470, "Churned": 187, "Joined": 45})
    guess = guess_target(TableProfile(702, (AGE, status)))
    assert (guess.positive, guess.negative, guess.ignore) == (("Churned",), ("Stayed",), ("Joined",))
    assert "left out as neither class: 'Joined'" in guess.doubts[0]


SPELLINGS = [
    pytest.param({"no": 60, "No": 20, "yes": 15, "YES": 5}, ("yes", "YES"), ("no", "No"), (), id="case"),
    pytest.param({"No": 80, "Y": 12, "Yes": 8}, ("Y", "Yes"), ("No",), (), id="short and long"),
    pytest.param({"0": 60, "0.0": 20, "1": 15, "1.0": 5}, ("1", "1.0"), ("0", "0.0"), (), id="numbers"),
    pytest.param({"no": 60, "0": 20, "yes": 15, "1": 5}, ("yes", "1"), ("no", "0"), (), id="words and numbers"),
    pytest.param({"no": 60, "yes": 20, "2": 15, "1": 5}, ("yes",), ("no",), ("2", "1"), id="other numbers"),
    pytest.param(
        {"not churned": 60, "Not_Churned": 20, "Churned": 15, "CHURNED": 5},
        *(("Churned", "CHURNED"), ("not churned", "Not_Churned"), ()),
        id="signs",
    ),
    pytest.param(
        {"Stayed": 70, "Churned": 15, "Churned (moved)": 10, "Joined": 5},
        *(("Churned", "Churned (moved)"), ("Stayed",), ("Joined",)),
        id="a word with a remark",
    ),
    pytest.param(
        {"Active": 60, "Existing": 20, "Cancelled": 15, "Terminated": 5},
        *(("Cancelled", "Terminated"), ("Active", "Existing"), ()),
        id="several words that mean the same",
    ),
    pytest.param(
        {word: 20 for word in ("YES", "Yes", "yes", "Y", "NO", "No", "no", "N")},
        *(("YES", "Yes", "yes", "Y"), ("NO", "No", "no", "N"), ()),
        id="more spellings than classes may be",
    ),
]


@pytest.mark.parametrize(("words", "positive", "negative", "ignore"), SPELLINGS)
def test_spellings_of_a_class_are_one_class(
    words: dict[str, int], positive: tuple[str, ...], negative: tuple[str, ...], ignore: tuple[str, ...]
) -> None:
    guess = guess_target(TableProfile(100, (AGE, words_column("churn", words))), "churn")
    assert (guess.positive, guess.negative, guess.ignore) == (positive, negative, ignore)
    assert (guess.positive_rows, guess.negative_rows) == (_rows(words, positive), _rows(words, negative))
    assert any("all count as churn" in doubt for doubt in guess.doubts) is (len(positive) > 1)


def _rows(words: dict[str, int], chosen: tuple[str, ...]) -> int:
    return sum(words[word] for word in chosen)


def test_a_class_of_too_few_rows_is_told() -> None:
    guess = guess_target(TableProfile(100, (AGE, column("churn", no=95, yes=5))))
    assert guess.doubts == ("only 5 rows of 'yes': training needs 20 of each class",)


def test_a_column_in_which_everybody_left_is_refused() -> None:
    with pytest.raises(NotDecided, match="every word means churn, and nobody stayed: 'Cancelled', 'Lapsed'"):
        guess_target(TableProfile(100, (AGE, column("churn", Cancelled=60, Lapsed=40))))


def test_rows_without_a_class_are_ignored_and_told() -> None:
    guess = guess_target(TableProfile(103, (AGE, words_column("churn", {"no": 80, "yes": 20}, missing=3))))
    assert guess.ignore == ("",)
    assert guess.doubts == ("3 rows without a value are left out",)


def test_a_guess_by_position_or_by_rarity_is_a_doubt() -> None:
    assert "--target" in guess_target(TableProfile(100, (AGE, column("late", no=80, yes=20)))).doubts[0]
    assert "rarer word" in guess_target(TableProfile(100, (AGE, column("churn", A=80, B=20)))).doubts[0]


def test_what_cannot_be_guessed_is_asked() -> None:
    with pytest.raises(NotDecided, match="by --target"):
        guess_target(TableProfile(100, (column("gender", F=50, M=50), AGE)))

"""Which word, number or column a value means, from whatever source it comes."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn_models.spelling import MISSING, MISSING_MARKERS, UNKNOWN, Vocabulary, match_names, nearest_names, number_of


@pytest.mark.parametrize(
    ("words", "value", "meant"),
    [
        pytest.param(["0", "1"], "1.0", "1", id="pandas writes a flag with a gap so"),
        pytest.param(["0", "1"], b"1.0", "1", id="the same as bytes"),
        pytest.param(["0", "1"], np.float64(1), "1", id="a float"),
        pytest.param(["0", "1"], Decimal("1.00"), "1", id="numeric of PostgreSQL"),
        pytest.param(["0", "1"], True, "1", id="a boolean for a flag"),
        pytest.param(["0", "1"], "t", "1", id="a boolean of PostgreSQL for a flag"),
        pytest.param(["0.0", "1.0"], 1, "1.0", id="the schema says 1.0"),
        pytest.param(["01", "02"], 1, "01", id="a branch without its zero"),
        pytest.param(["01", "1"], "1", "1", id="unless that is another branch"),
        pytest.param(["01", "1"], 1.0, "1", id="the text of a number is a word first"),
        pytest.param(["False", "True"], "true", "True", id="Parquet"),
        pytest.param(["TRUE", "FALSE"], False, "FALSE", id="a boolean"),
        pytest.param(["TRUE", "FALSE"], "f", "FALSE", id="PostgreSQL"),
        pytest.param(["True", "False"], 1.0, "True", id="a boolean with a gap in pandas"),
        pytest.param(["No", "Yes", "No phone"], True, "Yes", id="yes and no beside a third"),
        pytest.param(["No", "No phone", "Yes"], 1, UNKNOWN, id="a number beside a third: of which order?"),
        pytest.param(["0", "1", "2"], "yes", UNKNOWN, id="numbers are no truth"),
        pytest.param(["y", "yes", "n"], True, UNKNOWN, id="two words for true"),
        pytest.param(["Basic", "Plus"], "basic", UNKNOWN, id="another case is another word"),
        pytest.param(["None", "Full"], "None", "None", id="a category that is called None"),
        pytest.param(["None", "Full"], "none", UNKNOWN, id="and no gap in another case"),
        pytest.param(["None", "Full"], None, MISSING, id="a gap is a gap where it may be"),
        pytest.param(["Basic"], [1], UNKNOWN, id="a list is no word"),
    ],
)
def test_words(words: list[str], value: Any, meant: str | int) -> None:
    place = Vocabulary(words, MISSING_MARKERS).place(value)
    assert (place if place < 0 else words[place]) == meant


@pytest.mark.parametrize(
    "value", [None, "", " ", float("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), Decimal("NaN"), b""]
)
@pytest.mark.parametrize("nullable", [True, False])
def test_gaps_of_every_source(value: Any, nullable: bool) -> None:
    assert Vocabulary(["Basic", "Plus"], MISSING_MARKERS, nullable).place(value) == MISSING
    assert np.isnan(number_of(value))


@pytest.mark.parametrize("marker", ["NA", "n/a", "NULL", "null", "None", "nan", "NaN", "?", r"\N", "-", "<NA>"])
def test_usual_markers_are_gaps_in_words_and_numbers_alike(marker: str) -> None:
    assert Vocabulary(["Basic"], MISSING_MARKERS).place(marker) == MISSING
    assert np.isnan(number_of(marker, {marker.casefold() for marker in MISSING_MARKERS}))


def test_a_marker_of_ones_own_replaces_the_usual_ones() -> None:
    vocabulary = Vocabulary(["Basic"], ["unbekannt"])
    assert vocabulary.places(["Unbekannt", "NA", "Basic"]) == [MISSING, UNKNOWN, 0]


def test_a_gap_is_the_category_none_where_nothing_may_be_missing() -> None:
    # pandas reads the word None as a gap; the schema says that there is none.
    assert Vocabulary(["None", "Full"], MISSING_MARKERS, nullable=False).places([None, float("nan"), "None"]) == [0] * 3


@pytest.mark.parametrize("text", ["12a", "1_000", "29,90", "NA"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        number_of(text)


@pytest.mark.parametrize(
    ("wanted", "present", "found"),
    [
        pytest.param("plan", ["plan", "Plan"], {"plan": "plan"}, id="the name itself first"),
        pytest.param("plan", ["Plan"], {"plan": "Plan"}, id="case"),
        pytest.param("Call Failure", ["Call  Failure"], {"Call Failure": "Call  Failure"}, id="two blanks"),
        pytest.param("visits", [" visits "], {"visits": " visits "}, id="blanks at the ends"),
        pytest.param("customerID", ["customerid"], {"customerID": "customerid"}, id="PostgreSQL"),
        pytest.param("Total Charges", ["total_charges"], {"Total Charges": "total_charges"}, id="underscores"),
        pytest.param("plan", ["\ufeffplan"], {"plan": "\ufeffplan"}, id="a byte order mark"),
        pytest.param("plan", ["Plan", "PLAN"], {}, id="two that could be meant"),
        pytest.param("plan", ["plans"], {}, id="another name"),
    ],
)
def test_names(wanted: str, present: list[str], found: dict[str, str]) -> None:
    assert match_names([wanted], present) == found


def test_the_nearest_names_come_first() -> None:
    assert nearest_names("autopay", ["fee", "Auto pays", "auto-paying"])[0] == "Auto pays"

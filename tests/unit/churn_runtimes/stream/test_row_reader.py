"""The compiled reader of usual rows gives the numbers of the one by tables, or leaves the row to it."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.stream import row_reader
from churn_runtimes.stream._usual_rows import UsualRows
from churn_runtimes.stream.row_reader import RowReader
from churn_runtimes.stream.unscorable import Unscorable
from support.stream_messages import GOOD, customers

_PIECES = (
    b'"',
    b"\\",
    b"{",
    b"}",
    b",",
    b":",
    b"\x00",
    b"\xc3\xa4",
    b"\xff",
    b"0",
    b"9",
    b".",
    b"-",
    b"e5",
    b" ",
    b"null",
)


@pytest.fixture(scope="module")
def compiled(telco_schema: FeatureSchema) -> UsualRows:
    usual = RowReader(telco_schema)._usual
    assert usual is not None
    return usual


@pytest.fixture
def by_tables(telco_schema: FeatureSchema, monkeypatch: pytest.MonkeyPatch) -> RowReader:
    monkeypatch.setattr(row_reader, "UsualRows", None)
    return RowReader(telco_schema)


USUAL: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "a category as a number": {"SeniorCitizen": 1},
    "missing numbers": {"tenure": None, "TotalCharges": None},
    "numbers of many digits": {"TotalCharges": 12345678.1234567, "MonthlyCharges": 0.1, "tenure": -3.5},
    "more fields": {"customerID": "7590-VHVEG", "n": -1.5, "yes": True, "no": False, "nothing": None, "": ""},
}
UNUSUAL: Mapping[str, Mapping[str, Any]] = {
    "a category unseen": {"Contract": "Lifetime"},
    "a category missing": {"Contract": None},
    "a category as a float": {"SeniorCitizen": 1.0},
    "a negative category": {"SeniorCitizen": -1},
    "a category as a truth": {"SeniorCitizen": True},
    "a number as a text": {"tenure": "12"},
    "a number as a truth": {"tenure": True},
    "minus zero": {"tenure": -0.0},
    "sixteen digits": {"tenure": 1234567890123456},
    "an exponent": {"tenure": 1e30},
    "a field of more than ASCII": {"name": "Zoë"},
    "a field with an escape": {"name": 'a"b'},
    "a nested field": {"extra": {"a": [1]}},
}


@pytest.mark.parametrize("changed", USUAL.values(), ids=USUAL)
def test_a_usual_row_is_read_by_compiled_code(
    compiled: UsualRows, by_tables: RowReader, changed: Mapping[str, Any]
) -> None:
    for body in (orjson.dumps({**GOOD, **changed}), orjson.dumps({**GOOD, **changed}, option=orjson.OPT_INDENT_2)):
        assert compiled.read(body) == by_tables.read(body, {})


@pytest.mark.parametrize("changed", UNUSUAL.values(), ids=UNUSUAL)
def test_an_unusual_row_is_left_to_the_others(compiled: UsualRows, changed: Mapping[str, Any]) -> None:
    assert compiled.read(orjson.dumps({**GOOD, **changed})) is None


def test_a_feature_twice_or_not_at_all_is_left_to_the_others(compiled: UsualRows) -> None:
    body = orjson.dumps(GOOD)
    assert compiled.read(body[:-1] + b',"tenure":1}') is None
    assert compiled.read(orjson.dumps({name: GOOD[name] for name in GOOD if name != "tenure"})) is None


def test_filled_features_are_missing_whatever_a_row_says(telco_schema: FeatureSchema) -> None:
    reader = RowReader(telco_schema, {"tenure"})
    assert reader._usual is not None
    bodies = [orjson.dumps(row) for row in (GOOD, {name: GOOD[name] for name in GOOD if name != "tenure"})]
    assert all(reader._usual.read(body) for body in bodies)
    matrix = reader.matrix([reader.read(body, {}) for body in bodies])
    assert np.isnan(matrix).sum(axis=0).tolist() == [2 * (name == "tenure") for name in telco_schema.names]


def test_damaged_rows_are_never_read_otherwise(
    compiled: UsualRows, by_tables: RowReader, telco_schema: FeatureSchema
) -> None:
    draw = random.Random(0)
    bodies = [orjson.dumps(row) for row in customers(telco_schema, 50)]
    read = 0
    for number in range(20_000):
        body = bytearray(bodies[number % len(bodies)])
        for _ in range(draw.randint(1, 2)):
            at = draw.randrange(len(body) + 1)
            body[at : at + draw.randint(0, 2)] = draw.choice([*_PIECES, bytes([draw.randrange(256)]), b""])
        if (found := compiled.read(bytes(body))) is None:
            continue
        read += 1
        unseen: dict[str, int] = {}
        try:
            assert found == by_tables.read(bytes(body), unseen), bytes(body)
        except Unscorable as error:
            pytest.fail(f"{bytes(body)!r} is read, but {error}")
        assert not unseen
    assert read > 500


def test_a_row_cut_anywhere_is_none(compiled: UsualRows) -> None:
    body = orjson.dumps(GOOD)
    assert compiled.read(body) and not any(compiled.read(body[:end]) for end in range(len(body)))

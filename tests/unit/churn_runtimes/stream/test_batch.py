"""Messages to a matrix and dead letters: the numbers of the one encoding, and nothing else is a dead letter."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import orjson
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import encode
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import Outputs
from churn_runtimes.stream.batch import BatchReader
from support.stream_messages import GOOD, V2_HEADERS, Received, customers, poisons, v2_request

Row = Mapping[str, Any]
SPELLINGS: dict[str, Row] = {
    "as it is": {},
    "a category as a number": {"SeniorCitizen": 1},
    "a category as a float": {"SeniorCitizen": 1.0},
    "a category as a truth": {"SeniorCitizen": True},
    "a category with blanks": {"Contract": " One year "},
    "a category in other letters": {"Partner": "YES"},
    "no category": {"Contract": "Lifetime", "gender": "X"},
    "a number as no category": {"Contract": 7},
    "missing categories": {"Contract": None, "gender": "", "Partner": "NA"},
    "missing numbers": {"tenure": None, "TotalCharges": " ", "MonthlyCharges": "?"},
    "numbers as texts": {"tenure": "12", "TotalCharges": " 1.5e2 "},
    "a number as a truth": {"tenure": True},
    "a large whole number": {"TotalCharges": 2**63},
    "float32's largest": {"TotalCharges": float(np.finfo(np.float32).max)},
    "more fields": {"customerID": "7590-VHVEG", "Churn": "No", "extra": {"a": [1]}},
}


@pytest.fixture(scope="module")
def reader(bundle: Bundle) -> BatchReader:
    return BatchReader(bundle.schema(), Outputs.of(bundle))


@pytest.mark.parametrize("changed", SPELLINGS.values(), ids=SPELLINGS)
def test_a_row_is_what_the_encoding_makes_of_it(reader: BatchReader, telco_schema: FeatureSchema, changed: Row) -> None:
    row = {**GOOD, **changed}
    batch = reader.read([Received(orjson.dumps(row))])
    expected = encode(telco_schema, {name: [value] for name, value in row.items()})
    np.testing.assert_array_equal(batch.encoded.matrix, expected.matrix)
    assert batch.encoded.matrix.flags.c_contiguous
    assert batch.encoded.unseen == expected.unseen == batch.asks[0].unseen
    assert not batch.dead


def test_names_in_other_letters_are_the_encodings_too(reader: BatchReader, telco_schema: FeatureSchema) -> None:
    row = {name.upper(): value for name, value in GOOD.items()}
    batch = reader.read([Received(orjson.dumps(row))])
    expected = encode(telco_schema, {name: [value] for name, value in row.items()})
    np.testing.assert_array_equal(batch.encoded.matrix, expected.matrix)


def test_many_rows_keep_their_order_among_poison(reader: BatchReader, telco_schema: FeatureSchema) -> None:
    rows = customers(telco_schema, 300)
    bodies = [orjson.dumps(row) if place % 7 else b"{" for place, row in enumerate(rows)]
    batch = reader.read([Received(body, place=place) for place, body in enumerate(bodies)])
    good = [place for place in range(300) if place % 7]
    assert [ask.message.offset() for ask in batch.asks] == good
    expected = encode(telco_schema, {name: [rows[place][name] for place in good] for name in telco_schema.names})
    np.testing.assert_array_equal(batch.encoded.matrix, expected.matrix)
    assert len(batch.dead) == 300 - len(good)


V2_REQUESTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "as it is": lambda request: request,
    "with an id and an output": lambda request: {**request, "id": "a1", "outputs": [{"name": "decision"}]},
    "columns in shape [rows, 1]": lambda request: {
        **request,
        "inputs": [tensor | {"shape": [2, 1]} for tensor in request["inputs"]],
    },
    "with a codec that the usual reader does not know": lambda request: {
        **request,
        "inputs": [tensor | {"parameters": {"content_type": "other"}} for tensor in request["inputs"]],
    },
}


@pytest.mark.parametrize("changed", V2_REQUESTS.values(), ids=V2_REQUESTS)
def test_a_v2_request_is_read_beside_rows(
    reader: BatchReader, telco_schema: FeatureSchema, changed: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    rows = [GOOD, {**GOOD, "tenure": 70, "Contract": "Lifetime"}]
    request = changed(v2_request(telco_schema, rows))
    plain = Received(orjson.dumps(GOOD))
    batch = reader.read([plain, Received(orjson.dumps(request), V2_HEADERS), plain])
    assert [(ask.first, ask.end) for ask in batch.asks] == [(0, 1), (1, 3), (3, 4)]
    four = [GOOD, *rows, GOOD]
    expected = encode(telco_schema, {name: [row[name] for row in four] for name in telco_schema.names})
    np.testing.assert_array_equal(batch.encoded.matrix, expected.matrix)
    assert batch.asks[1].unseen == batch.encoded.unseen == {"Contract": 1}


def test_poison_becomes_dead_letters_that_say_why_and_where_from(
    reader: BatchReader, telco_schema: FeatureSchema
) -> None:
    forms = poisons(GOOD, telco_schema)
    assert len(forms) >= 20
    for place, (name, poison) in enumerate(forms.items()):
        batch = reader.read([Received(poison.body, poison.headers, place=place)])
        assert not batch.asks, name
        (dead,) = batch.dead
        headers = dict(dead.headers)
        assert poison.told in (headers["churn-error"] or b"").decode(), name
        assert headers["churn-source"] == f"customers/3/{place}".encode()
        assert (dead.value, dead.key, dead.timestamp) == (poison.body, b"7590-VHVEG", 1_700_000_000_123), name
        assert dead.is_dead


def test_a_dead_letter_keeps_its_headers_and_not_an_earlier_ones_error(reader: BatchReader) -> None:
    given = [("ce_id", b"1"), ("churn-error", b"old"), ("trace", None)]
    (dead,) = reader.read([Received(b"", given)]).dead
    assert dead.headers[:2] == [("ce_id", b"1"), ("trace", None)]
    assert [name for name, _ in dead.headers[2:]] == ["churn-error", "churn-source"]


def test_what_is_too_large_to_be_given_again_leaves_its_origin_and_size(reader: BatchReader) -> None:
    (dead,) = reader.read([Received(b"x" * 600_000)]).dead
    assert (dead.value, dead.key) == (None, None)
    assert dict(dead.headers)["churn-size"] == b"600000"
    (dead,) = reader.read([Received(orjson.dumps(GOOD), [("ce_data", b"x" * 600_000)])]).dead
    assert b"key and headers" in (dict(dead.headers)["churn-error"] or b"")

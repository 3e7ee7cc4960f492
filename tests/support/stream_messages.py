"""Messages for the stream's tests: customers as JSON, V2 requests, and every form of poison that we know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from churn_models.feature_schema import FeatureSchema
from churn_models.spelling import is_null
from churn_runtimes.stream.message import Headers
from churn_runtimes.stream.v2_reader import V2_JSON
from churn_training.synthetic import synthesize

GOOD: Mapping[str, Any] = {
    "gender": "Female",
    "SeniorCitizen": "0",
    "Partner": "Yes",
    "Dependents": "No",
    "tenure": 1,
    "PhoneService": "No",
    "MultipleLines": "No phone service",
    "InternetService": "DSL",
    "OnlineSecurity": "No",
    "OnlineBackup": "Yes",
    "DeviceProtection": "No",
    "TechSupport": "No",
    "StreamingTV": "No",
    "StreamingMovies": "No",
    "Contract": "Month-to-month",
    "PaperlessBilling": "Yes",
    "PaymentMethod": "Electronic check",
    "MonthlyCharges": 29.85,
    "TotalCharges": 29.85,
}
V2_HEADERS: Headers = [("content-type", V2_JSON.encode())]


@dataclass(frozen=True)
class Received:
    """A message as the worker's pure part sees it."""

    body: bytes | None
    given: Headers | None = None
    of_key: bytes | None = b"7590-VHVEG"
    place: int = 41
    written: tuple[int, int] = (1, 1_700_000_000_123)

    def value(self) -> bytes | None:
        """Its body."""
        return self.body

    def key(self) -> bytes | None:
        """A customer."""
        return self.of_key

    def headers(self) -> Headers | None:
        """As given."""
        return self.given

    def topic(self) -> str:
        """The same of all."""
        return "customers"

    def partition(self) -> int:
        """The same of all."""
        return 3

    def offset(self) -> int:
        """Its place."""
        return self.place

    def timestamp(self) -> tuple[int, int]:
        """When it was written."""
        return self.written


def customers(schema: FeatureSchema, rows: int) -> list[Mapping[str, Any]]:
    """Made-up ones, null where a value is missing."""
    found = synthesize(schema, rows=rows, seed=7).raw
    columns = {str(name): list(map(_or_none, values)) for name, values in found.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


class Poison(NamedTuple):
    """A message that nothing can score, and words that its dead letter's error has."""

    body: bytes | None
    told: str
    headers: Headers | None = None


def v2_request(schema: FeatureSchema, rows: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """One tensor per feature, as V2 clients send columns."""
    inputs = []
    for name in schema.names:
        datatype = "BYTES" if name in schema.vocabularies else "FP64"
        inputs.append({"name": name, "shape": [len(rows)], "datatype": datatype, "data": [row[name] for row in rows]})
    return {"inputs": inputs, **more}


def poisons(row: Mapping[str, Any], schema: FeatureSchema) -> dict[str, Poison]:
    """By name, made of a good row of the telco schema."""

    def but(**changed: Any) -> bytes:
        return orjson.dumps({**row, **changed})

    def v2(**changed: Any) -> bytes:
        return orjson.dumps({**v2_request(schema, [row]), **changed})

    def v2_tensor(**changed: Any) -> bytes:
        request = v2_request(schema, [row])
        place = schema.names.index("tenure")
        request["inputs"][place] |= changed
        return orjson.dumps(request)

    good = orjson.dumps(row)
    return {
        "no value": Poison(None, "no value"),
        "empty": Poison(b"", "not JSON at byte 0"),
        "blank": Poison(b"  \n", "not JSON"),
        "cut": Poison(good[:-20], "not JSON"),
        "text after it": Poison(good + b"x", "not JSON"),
        "two objects": Poison(good + b"\n" + good, "not JSON"),
        "not UTF-8": Poison(good.replace(b"Month", b"M\xff\xfenth"), "not JSON"),
        "UTF-16": Poison(good.decode().encode("utf-16"), "not JSON"),
        "NaN": Poison(but(tenure=None).replace(b'"tenure":null', b'"tenure":NaN'), "write null"),
        "Avro's magic byte": Poison(b"\x00\x00\x00\x00\x07" + good, "not JSON"),
        "null": Poison(b"null", "this is null"),
        "a list": Poison(b"[" + good + b"]", "this is a list"),
        "a text": Poison(b'"customer"', "this is a text"),
        "a number": Poison(b"12", "this is a number"),
        "a truth": Poison(b"true", "this is a number"),
        "nothing in it": Poison(b"{}", "missing columns: gender"),
        "a missing field": Poison(
            orjson.dumps({k: v for k, v in row.items() if k != "tenure"}), "missing columns: tenure"
        ),
        "a misspelt field": Poison(good.replace(b'"tenure"', b'"tenures"'), "tenure (there is tenures"),
        "a text for a number": Poison(but(tenure="soon"), "tenure: 'soon' is not a number"),
        "thousands in a number": Poison(but(TotalCharges="1_000"), "TotalCharges"),
        "a list for a number": Poison(but(tenure=[1]), "field tenure: a list"),
        "an object for a category": Poison(but(Contract={"a": 1}), "field Contract: an object"),
        "beyond float32": Poison(but(tenure=1e39), "too large for float32"),
        "infinite text": Poison(but(tenure="inf"), "infinite"),
        "too deep": Poison(b'{"tenure":' * 2000, "not JSON"),
        "CloudEvent in one": Poison(orjson.dumps({"specversion": "1.0", "data": row}), "missing columns"),
        "V2 without its header": Poison(v2(), "missing columns"),
        "V2 cut": Poison(v2()[:-9], "not JSON", V2_HEADERS),
        "V2 without inputs": Poison(b'{"id": "1"}', "inputs", V2_HEADERS),
        "V2 of another type": Poison(v2_tensor(datatype="BOOL"), "is no BOOL", V2_HEADERS),
        "V2 of no type": Poison(v2_tensor(datatype="FP65"), "datatype", V2_HEADERS),
        "V2 of another shape": Poison(v2_tensor(shape=[2]), "tenure: 1 values, shape [2]", V2_HEADERS),
        "V2 of another feature": Poison(v2_tensor(name="age"), "age", V2_HEADERS),
        "V2 with an unknown output": Poison(v2(outputs=[{"name": "score"}]), "no such output", V2_HEADERS),
        "V2 with reasons": Poison(v2(parameters={"top_reasons": 3}), "--top-reasons", V2_HEADERS),
        "a plain row as V2": Poison(good, "inputs", V2_HEADERS),
    }


def _or_none(value: Any) -> Any:
    return None if is_null(value) else value


def _without(row: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != field}

"""REST: every form of a good request, and what must come back."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_models.numeric_feature import NumericFeature
from support.bundle_server import VERSION
from support.stock_members import check_member, member_output
from support.v2_tensors import Json, column_tensors, matrix_tensor

Change = Callable[[list[Json]], list[Json]]


def _ask(rest: httpx.Client, body: Any, model: str = "small") -> Json:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    answer = rest.post(f"/v2/models/{model}/infer", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
    parsed: Json = answer.json()
    return parsed


def _probability(answer: Json) -> list[float]:
    (output,) = answer["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("churn_probability", "FP64", [len(output["data"])])
    data: list[float] = output["data"]
    return data


def _each(change: Callable[[Json], Json]) -> Change:
    return lambda tensors: [change(tensor) for tensor in tensors]


def _text(tensor: Json) -> Json:
    data = ["" if value is None else str(value) for value in tensor["data"]]
    return {**tensor, "datatype": "BYTES", "data": data}


def _nested(tensor: Json) -> Json:
    return {**tensor, "shape": [*tensor["shape"], 1], "data": [[value] for value in tensor["data"]]}


def _blank(tensor: Json) -> Json:
    if tensor["datatype"] != "BYTES":
        return tensor
    return {**tensor, "data": ["" if value is None else f"  {value} " for value in tensor["data"]]}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(list, id="as they are"),
        pytest.param(lambda tensors: tensors[::-1], id="in another order"),
        pytest.param(_each(_nested), id="nested, [rows, 1]"),
        pytest.param(_each(lambda tensor: {**tensor, "shape": [*tensor["shape"], 1]}), id="flat data of [rows, 1]"),
        pytest.param(_each(_text), id="numbers as text"),
        pytest.param(_each(_blank), id="blanks around categories"),
        pytest.param(_each(lambda tensor: {**tensor, "parameters": {"content_type": "np"}}), id="tensor parameters"),
        pytest.param(_each(lambda tensor: {**tensor, "vendor": {"any": 1}}), id="a field that the protocol has not"),
    ],
)
def test_columns_by_name(
    change: Change, rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame, scores: EnsembleScores
) -> None:
    answer = _ask(rest, {"inputs": change(column_tensors(telco_schema, customers))})
    np.testing.assert_allclose(_probability(answer), scores.ensemble, atol=1e-6)


@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
@pytest.mark.parametrize("nested", [True, False])
def test_an_encoded_matrix(
    datatype: str, nested: bool, rest: httpx.Client, matrix: Matrix, scores: EnsembleScores
) -> None:
    tensor = matrix_tensor(matrix, datatype)
    if nested:
        width = matrix.shape[1]
        tensor["data"] = [tensor["data"][start : start + width] for start in range(0, matrix.size, width)]
    np.testing.assert_allclose(_probability(_ask(rest, {"inputs": [tensor]})), scores.ensemble, atol=1e-6)


@pytest.mark.parametrize("datatype", ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"])
def test_whole_numbers_in_every_integer_datatype(
    datatype: str, rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame
) -> None:
    tensors = column_tensors(telco_schema, customers)
    for tensor in tensors:
        if tensor["name"] == "tenure":
            tensor["data"] = [int(value) for value in tensor["data"]]
    asked = [{**tensor, "datatype": datatype} if tensor["name"] == "tenure" else tensor for tensor in tensors]
    assert _probability(_ask(rest, {"inputs": asked})) == _probability(_ask(rest, {"inputs": tensors}))


@pytest.mark.parametrize("value", [None, "", "  ", "no such category"], ids=["null", "empty", "blank", "unseen"])
def test_a_category_that_is_missing_or_unseen_is_scored_as_missing(
    value: str | None, rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame, matrix: Matrix
) -> None:
    tensors = column_tensors(telco_schema, customers)
    position = telco_schema.names.index("Contract")
    tensors[position]["data"] = [value] * len(customers)
    encoded = matrix.copy()
    encoded[:, position] = np.nan
    assert _probability(_ask(rest, {"inputs": tensors})) == _probability(
        _ask(rest, {"inputs": [matrix_tensor(encoded)]})
    )


def test_a_missing_number_is_null(rest: httpx.Client, telco_schema: FeatureSchema, customers: pd.DataFrame) -> None:
    tensors = column_tensors(telco_schema, customers)
    position = next(place for place, it in enumerate(telco_schema.features) if isinstance(it, NumericFeature))
    missing = [None] * len(customers)
    as_null, as_text = ([*tensors] for _ in range(2))
    as_null[position] = {**tensors[position], "data": missing}
    as_text[position] = {**tensors[position], "datatype": "BYTES", "data": [""] * len(customers)}
    assert _probability(_ask(rest, {"inputs": as_null})) == _probability(_ask(rest, {"inputs": as_text}))


@pytest.mark.parametrize("identity", ["1", "a b", "ü€𝄞", '"quoted"\\', "x" * 200, "\u2028", "\x7f"])
def test_the_given_id_comes_back(identity: str, rest: httpx.Client, matrix: Matrix) -> None:
    assert _ask(rest, {"id": identity, "inputs": [matrix_tensor(matrix)]})["id"] == identity


def test_the_answer_names_model_and_version(rest: httpx.Client, matrix: Matrix) -> None:
    for path in ("small", f"small/versions/{VERSION}"):
        answer = _ask(rest, {"inputs": [matrix_tensor(matrix)]}, path)
        assert (answer["model_name"], answer["model_version"]) == ("small", VERSION)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(["member.xgboost"], id="a member alone"),
        pytest.param(["member.xgboost", "churn_probability", "member.random-forest"], id="in the asked order"),
        pytest.param(["churn_probability"], id="the default by name"),
    ],
)
def test_the_asked_outputs_come_in_the_asked_order(
    asked: list[str], rest: httpx.Client, matrix: Matrix, scores: EnsembleScores
) -> None:
    expected = {"churn_probability": scores.ensemble, **{f"member.{name}": it for name, it in scores.members.items()}}
    outputs = [{"name": name, "parameters": {"any": 1}} for name in asked]
    answer = _ask(rest, {"inputs": [matrix_tensor(matrix)], "outputs": outputs})
    assert [output["name"] for output in answer["outputs"]] == asked
    for output in answer["outputs"]:
        np.testing.assert_allclose(output["data"], expected[output["name"]], atol=1e-6)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"parameters": {"priority": 1, "text": "a", "flag": True, "share": 0.5}}, id="parameters"),
        pytest.param({"parameters": {}}, id="no parameters in them"),
        pytest.param({"outputs": []}, id="no outputs in them"),
        pytest.param({"model_name": "small", "model_version": VERSION}, id="the kserve client's extra fields"),
        pytest.param({"parameters": {"content_type": "np", "headers": {"a": "b"}}}, id="MLServer's own parameters"),
    ],
)
def test_what_says_nothing_about_the_answer_is_accepted(
    fields: Json, rest: httpx.Client, matrix: Matrix, scores: EnsembleScores
) -> None:
    answer = _ask(rest, {"inputs": [matrix_tensor(matrix)], **fields})
    np.testing.assert_allclose(_probability(answer), scores.ensemble, atol=1e-6)


def test_the_content_type_may_be_left_out(rest: httpx.Client, matrix: Matrix) -> None:
    """The tritonclient sends none."""
    content = json.dumps({"inputs": [matrix_tensor(matrix)]}).encode()
    assert rest.post("/v2/models/small/infer", content=content).status_code == 200


def test_a_thousand_rows_are_answered(rest: httpx.Client, matrix: Matrix) -> None:
    rows = np.tile(matrix, (200, 1))
    assert len(_probability(_ask(rest, {"inputs": [matrix_tensor(rows)]}))) == 1_000


def test_every_member_answers_in_its_stock_form(
    rest: httpx.Client, bundle: Bundle, matrix: Matrix, scores: EnsembleScores
) -> None:
    for member in bundle.manifest.members:
        outputs = [{"name": member_output(member.kind)}]
        body = {"id": member.name, "inputs": [matrix_tensor(matrix)], "outputs": outputs}
        answer = _ask(rest, body, f"small-{member.name}")
        assert answer["id"] == member.name
        (output,) = answer["outputs"]
        assert output["name"] == member_output(member.kind)
        check_member(member.kind, np.reshape(output["data"], output["shape"]), scores.members[member.name])

"""Ten thousand generated bad requests: no 5xx, no hang, and the next request on the connection is answered."""

import json
from http.client import HTTPException

import pandas as pd
import pytest
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from support.bad_requests import BadRequests
from support.figures import record
from support.keep_alive import Answer, KeepAlive, request
from support.local_stack import Serving
from support.v2_tensors import Json, binary_body, binary_columns, binary_matrix, column_tensors, matrix_tensor

REQUESTS = 10_000
SECONDS_TO_ANSWER = 5
PATH = "/v2/models/small/infer"


@pytest.fixture(scope="module")
def bad_requests(matrix: Matrix, telco_schema: FeatureSchema, customers: pd.DataFrame) -> BadRequests:
    row, customer = matrix[:1], customers.head(1)
    bodies: list[Json] = [
        {"id": "a", "inputs": [matrix_tensor(row)], "outputs": [{"name": "churn_probability"}], "parameters": {}},
        {"id": "b", "inputs": column_tensors(telco_schema, customer)},
    ]
    return BadRequests(
        PATH, bodies, [binary_body([binary_matrix(row)], id="a"), binary_body(binary_columns(telco_schema, customer))]
    )


def _fault(connection: KeepAlive, method: str, sent: bytes) -> str | None:
    """What is wrong with the answer to a bad request, if anything."""
    try:
        answer = connection.ask(sent, method)
    except (OSError, HTTPException) as error:
        return f"no answer: {error!r}"
    if answer.status >= 500:
        return f"{answer.status} {answer.body[:200]!r}"
    if answer.status >= 400 and method != "HEAD" and not answer.error:
        return f"no error text: {answer}"
    return None


def test_ten_thousand(bad_requests: BadRequests, server: Serving, matrix: Matrix) -> None:
    good = request(PATH, json.dumps({"id": "good", "inputs": [matrix_tensor(matrix[:1])]}).encode())
    faults: dict[int, str] = {}
    with KeepAlive(server.rest_url, seconds=SECONDS_TO_ANSWER) as connection:
        expected = connection.ask(good)
        assert expected.status == 200
        for number in range(REQUESTS):
            fault = _fault(connection, *bad_requests.make(number)) or _next_fault(connection, good, expected)
            if fault:
                faults[number] = fault
                connection.close()
    assert record("bad_requests_tried", REQUESTS, "requests", ">= 10000").holds
    errors = sum(fault.startswith("5") for fault in faults.values())
    assert record("bad_requests_5xx", errors, "requests", "<= 0").holds, dict(list(faults.items())[:20])
    assert not faults, (len(faults), dict(list(faults.items())[:20]))


def _next_fault(connection: KeepAlive, good: bytes, expected: Answer) -> str | None:
    """What is wrong with the next answer, if anything; the connection is the same unless the server said it closes."""
    try:
        answer = connection.ask(good)
    except (OSError, HTTPException) as error:
        return f"the next request: {error!r}"
    if (answer.status, answer.body) != (expected.status, expected.body):
        return f"the next request: {answer}"
    return None

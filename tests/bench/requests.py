"""What is asked: golden customers, over and over, so that no server answers one row from its caches."""

import json
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice

import numpy as np
import pandas as pd
from bench.bench_bundle import MODEL
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix, encode
from churn_models.feature_schema import FeatureSchema
from churn_models.golden import GoldenRow, golden_columns
from mlserver.grpc import dataplane_pb2 as messages
from support.v2_client import infer_request

_BODIES = 32


class Form(StrEnum):
    """How the rows are written."""

    MATRIX = "matrix"
    NAMED = "columns by name"


@dataclass(frozen=True)
class Rows:
    """Customers, encoded and raw, with the scores that training computed."""

    schema: FeatureSchema
    golden: tuple[GoldenRow, ...]
    matrix: Matrix
    expected: Scores


def complete_rows(bundle: Bundle) -> Rows:
    """The golden rows without missing values: not every server takes a null in a matrix."""
    schema, golden = bundle.schema(), bundle.golden()
    matrix = encode(schema, golden_columns(golden)).matrix
    kept = np.flatnonzero(~np.isnan(matrix).any(axis=1))
    chosen = tuple(golden[row] for row in kept)
    return Rows(schema, chosen, matrix[kept], np.array([row.score for row in chosen]))


def positions(rows: Rows, per_request: int) -> list[list[int]]:
    """Which rows each request asks for: every request begins at another row."""
    count = len(rows.golden)
    return [list(islice(cycle(range(count)), start % count, start % count + per_request)) for start in range(_BODIES)]


def json_bodies(rows: Rows, per_request: int, form: Form) -> list[bytes]:
    """The V2 JSON bodies."""
    write = _matrix_body if form is Form.MATRIX else _named_body
    return [json.dumps(write(rows, asked), separators=(",", ":")).encode() for asked in positions(rows, per_request)]


def grpc_messages(rows: Rows, per_request: int) -> list[bytes]:
    """The serialized V2 gRPC requests, matrix form."""
    return [_message(rows.matrix[asked]).SerializeToString() for asked in positions(rows, per_request)]


def _matrix_body(rows: Rows, asked: list[int]) -> dict[str, object]:
    matrix = rows.matrix[asked]
    # The shortest text that is the same float32: what clients send.
    values = [float(str(value)) for value in matrix.ravel()]
    return {"inputs": [{"name": "rows", "datatype": "FP32", "shape": list(matrix.shape), "data": values}]}


def _named_body(rows: Rows, asked: list[int]) -> dict[str, object]:
    return infer_request(rows.schema, pd.DataFrame([rows.golden[row].row for row in asked]))


def _message(matrix: Matrix) -> messages.ModelInferRequest:
    contents = messages.InferTensorContents(fp32_contents=matrix.ravel().tolist())
    request = messages.ModelInferRequest(model_name=MODEL)
    request.inputs.add(name="rows", datatype="FP32", shape=matrix.shape, contents=contents)
    return request

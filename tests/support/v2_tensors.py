"""V2 tensors of the same customers in every form that the protocol has: JSON, binary, protobuf."""

import json
import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.numeric_feature import NumericFeature
from mlserver.grpc import dataplane_pb2 as messages
from numpy.typing import NDArray
from support.v2_client import infer_request

Json = dict[str, Any]

HEADER_LENGTH = "Inference-Header-Content-Length"


def matrix_tensor(matrix: Matrix, datatype: str = "FP32") -> Json:
    """Encoded rows as one JSON tensor; missing values are null."""
    data = [None if np.isnan(value) else float(value) for value in matrix.ravel()]
    return {"name": "rows", "shape": list(matrix.shape), "datatype": datatype, "data": data}


def column_tensors(schema: FeatureSchema, customers: pd.DataFrame) -> list[Json]:
    """Raw customers as one JSON tensor per column."""
    return list(infer_request(schema, customers)["inputs"])


def bytes_elements(values: Iterable[str | bytes]) -> bytes:
    """BYTES elements as they lie in binary data: each behind its length, 4 bytes little-endian."""
    raw = (value.encode() if isinstance(value, str) else value for value in values)
    return b"".join(struct.pack("<I", len(value)) + value for value in raw)


def read_bytes_elements(data: bytes) -> list[bytes]:
    """The other way round."""
    values = []
    while data:
        (length,) = struct.unpack_from("<I", data)
        values.append(data[4 : 4 + length])
        data = data[4 + length :]
    return values


def binary_matrix(matrix: NDArray[Any], datatype: str = "FP32") -> tuple[Json, bytes]:
    """Encoded rows as one binary tensor and its bytes; missing values are NaN."""
    data = matrix.tobytes()
    tensor = {"name": "rows", "shape": list(matrix.shape), "datatype": datatype}
    return {**tensor, "parameters": {"binary_data_size": len(data)}}, data


def binary_columns(schema: FeatureSchema, customers: pd.DataFrame) -> list[tuple[Json, bytes]]:
    """Raw customers as binary tensors: FP64 with NaN for missing, BYTES with an empty text for it."""
    tensors = []
    for feature, column in zip(schema.features, column_tensors(schema, customers), strict=True):
        values = column.pop("data")
        if isinstance(feature, NumericFeature):
            data = np.array(values, dtype="<f8").tobytes()
        else:
            data = bytes_elements(value or "" for value in values)
        tensors.append(({**column, "parameters": {"binary_data_size": len(data)}}, data))
    return tensors


def binary_body(tensors: Sequence[tuple[Json, bytes]], **fields: Any) -> tuple[bytes, dict[str, str]]:
    """A request's body with its binary part, and the headers that go with it."""
    header = json.dumps({"inputs": [tensor for tensor, _ in tensors], **fields}).encode()
    body = header + b"".join(data for _, data in tensors)
    return body, {HEADER_LENGTH: str(len(header)), "Content-Type": "application/octet-stream"}


def grpc_matrix(model: str, matrix: Matrix, raw: bool = False, **fields: Any) -> messages.ModelInferRequest:
    """Encoded rows as a gRPC request, by `contents` or by `raw_input_contents`."""
    request = messages.ModelInferRequest(model_name=model, **fields)
    tensor = request.inputs.add(name="rows", datatype="FP32", shape=matrix.shape)
    if raw:
        request.raw_input_contents.append(matrix.tobytes())
    else:
        tensor.contents.fp32_contents.extend(matrix.ravel().tolist())
    return request


def grpc_columns(model: str, schema: FeatureSchema, customers: pd.DataFrame, raw: bool) -> messages.ModelInferRequest:
    """Raw customers as a gRPC request, one tensor per column."""
    request = messages.ModelInferRequest(model_name=model)
    for tensor, data in binary_columns(schema, customers):
        part = request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        if raw:
            request.raw_input_contents.append(data)
        elif tensor["datatype"] == "FP64":
            part.contents.fp64_contents.extend(np.frombuffer(data, dtype="<f8").tolist())
        else:
            part.contents.bytes_contents.extend(read_bytes_elements(data))
    return request

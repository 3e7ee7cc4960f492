"""From a V2 request to encoded rows, and what of the answer it wants.

Two input forms: one tensor per column by name, or one `[rows, features]` matrix of encoded features in
schema order. Whatever is wrong with a request is the client's fault and says so.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from churn_models.encoding import Column, Matrix, encode
from churn_models.errors import EncodingError
from churn_models.feature_schema import FeatureSchema
from mlserver.errors import InferenceError
from mlserver.types import Datatype, InferenceRequest, RequestInput

PROBABILITY = "churn_probability"
MEMBER_PREFIX = "member."

_FLOATS = frozenset({Datatype.FP16, Datatype.FP32, Datatype.FP64})


def decode_rows(schema: FeatureSchema, request: InferenceRequest) -> Matrix:
    """Encoded rows `[rows, features]`, float32. Raises InferenceError (400)."""
    if _is_matrix(schema, request.inputs):
        return _decode_matrix(schema, request.inputs[0])
    names = [tensor.name for tensor in request.inputs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InferenceError(f"inputs given twice: {', '.join(twice)}")
    if unknown := sorted(set(names) - set(schema.names)):
        raise InferenceError(
            f"inputs that are no feature: {', '.join(unknown)}; features are {', '.join(schema.names)}"
        )
    try:
        return encode(schema, {tensor.name: _column(tensor) for tensor in request.inputs}).matrix
    except EncodingError as error:
        raise InferenceError(str(error)) from error


def wanted_outputs(request: InferenceRequest, members: Sequence[str]) -> list[str]:
    """The names of the tensors to answer: by default the probability alone. Raises InferenceError (400)."""
    if not request.outputs:
        return [PROBABILITY]
    known = [PROBABILITY, *(f"{MEMBER_PREFIX}{name}" for name in members)]
    names = [output.name for output in request.outputs]
    if unknown := [name for name in names if name not in known]:
        raise InferenceError(f"no such output: {', '.join(unknown)}; there are {', '.join(known)}")
    return list(dict.fromkeys(names))


def _is_matrix(schema: FeatureSchema, inputs: Sequence[RequestInput]) -> bool:
    return len(inputs) == 1 and len(inputs[0].shape) == 2 and inputs[0].name not in schema.names


def _decode_matrix(schema: FeatureSchema, tensor: RequestInput) -> Matrix:
    rows, width = tensor.shape
    datatype = Datatype(tensor.datatype)
    if datatype not in _FLOATS:
        raise InferenceError(f"input {tensor.name}: a matrix must be FP16, FP32 or FP64, not {datatype.value}")
    if width != len(schema.features):
        raise InferenceError(f"input {tensor.name}: shape {tensor.shape}, {len(schema.features)} features are expected")
    values = _values(tensor)
    try:
        matrix = np.asarray(values, dtype=np.float32).reshape(rows, width)
    except (TypeError, ValueError) as error:
        raise InferenceError(f"input {tensor.name}: the data are not {rows} x {width} numbers") from error
    if rows < 1:
        raise InferenceError(f"input {tensor.name}: no rows")
    if np.isinf(matrix).any():
        raise InferenceError(f"input {tensor.name}: infinite, or too large for float32")
    return matrix


def _column(tensor: RequestInput) -> Column:
    values = _values(tensor)
    rows = tensor.shape[0] if tensor.shape else 0
    if list(tensor.shape) not in ([rows], [rows, 1]) or rows < 1:
        raise InferenceError(f"input {tensor.name}: shape {tensor.shape}, a column is [rows] or [rows, 1]")
    if len(values) != rows:
        raise InferenceError(f"input {tensor.name}: {len(values)} values, shape {tensor.shape} says {rows}")
    return values


def _values(tensor: RequestInput) -> list[Any]:
    data = getattr(tensor.data, "root", tensor.data)
    values = list(data) if isinstance(data, list | tuple | np.ndarray) else [data]
    while values and isinstance(values[0], list):
        if not all(isinstance(part, list) for part in values):
            raise InferenceError(f"input {tensor.name}: the data are nested unevenly")
        values = [value for part in values for value in part]
    return values

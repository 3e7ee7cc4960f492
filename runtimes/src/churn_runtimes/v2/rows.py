"""From the tensors of any V2 request to encoded rows. Whatever is wrong with them is the client's fault and says so.

Used by the ensemble and for its members, whichever way the request came. The fast paths (`json_rows`,
`grpc/fast_path`) read the common request by themselves and hand everything else to here. What they read they must
read as is written here, which tests compare:

| | one tensor per column, by name | one matrix of encoded features |
|---|---|---|
| shape | `[rows]` or `[rows, 1]`; every feature once | `[rows, features]`, in schema order |
| datatype | any that holds its values | FP16, FP32 or FP64 |
| number | as float32; refused where that is infinite | the same |
| category | its text as `spelling` reads it, or a number that spells it | its code: the place in the schema |
| missing | null, NaN or a blank text | null or NaN |
| no category | scored as missing, counted and told; refused with `--strict` | the same for a code that none has |
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from churn_models.encoding import Encoded, Matrix, encode
from churn_models.errors import EncodingError
from churn_models.feature_schema import FeatureSchema
from churn_models.known_codes import KnownCodes

from churn_runtimes.v2.errors import BadRequest, TooLarge
from churn_runtimes.v2.tensor import Tensor, Values


def decode_rows(schema: FeatureSchema, known: KnownCodes, tensors: Sequence[Tensor], max_rows: int) -> Encoded:
    """Encoded rows, and how many values of each feature are no category. Raises BadRequest or TooLarge."""
    _check_shapes(tensors, max_rows)
    if is_matrix(schema, tensors):
        return known.check(_decode_matrix(schema, tensors[0]))
    names = [tensor.name for tensor in tensors]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadRequest(f"inputs given twice: {', '.join(twice)}")
    if unknown := sorted(set(names) - set(schema.names)):
        raise BadRequest(f"inputs that are no feature: {', '.join(unknown)}; features are {', '.join(schema.names)}")
    try:
        return encode(schema, {tensor.name: column(tensor) for tensor in tensors})
    except EncodingError as error:
        raise BadRequest(str(error)) from error


def is_matrix(schema: FeatureSchema, tensors: Sequence[Tensor]) -> bool:
    """Whether these are encoded features, not columns by name."""
    return len(tensors) == 1 and len(tensors[0].shape) == 2 and tensors[0].name not in schema.names


def _check_shapes(tensors: Sequence[Tensor], max_rows: int) -> None:
    for tensor in tensors:
        if not tensor.name:
            raise BadRequest("an input without a name")
        if not tensor.shape or min(tensor.shape) < 1:
            raise BadRequest(f"input {tensor.name}: shape {list(tensor.shape)} holds no rows")
        if tensor.shape[0] > max_rows:
            raise TooLarge(f"input {tensor.name}: {tensor.shape[0]} rows, at most {max_rows} are answered at once")


def _decode_matrix(schema: FeatureSchema, tensor: Tensor) -> Matrix:
    if not tensor.datatype.is_float:
        raise BadRequest(f"input {tensor.name}: a matrix must be FP16, FP32 or FP64, not {tensor.datatype}")
    if tensor.shape[1] != len(schema.features):
        raise BadRequest(
            f"input {tensor.name}: shape {list(tensor.shape)}, {len(schema.features)} features are expected"
        )
    matrix = _as_float32(tensor).reshape(tensor.shape)
    if np.isinf(matrix).any():
        raise BadRequest(f"input {tensor.name}: infinite, or too large for float32")
    return matrix


def _as_float32(tensor: Tensor) -> Matrix:
    values = _values(tensor)
    if isinstance(values, np.ndarray) and values.dtype == np.float32:
        return values
    try:
        # A number beyond float32 becomes infinite, and is refused as that.
        with np.errstate(over="ignore"):
            return np.asarray(values, dtype=np.float64).astype(np.float32)
    except OverflowError as error:
        raise BadRequest(f"input {tensor.name}: too large for float32") from error


def column(tensor: Tensor) -> Values:
    """Its values, one per row. Raises BadRequest."""
    rows = tensor.shape[0] if tensor.shape else 0
    if list(tensor.shape) not in ([rows], [rows, 1]):
        raise BadRequest(f"input {tensor.name}: shape {list(tensor.shape)}, a column is [rows] or [rows, 1]")
    return _values(tensor)


def _values(tensor: Tensor) -> Values:
    values = _flat(tensor)
    wanted = math.prod(tensor.shape)
    if len(values) != wanted:
        raise BadRequest(f"input {tensor.name}: {len(values)} values, shape {list(tensor.shape)} says {wanted}")
    if isinstance(values, list):
        for value in values:
            if not tensor.datatype.holds(value):
                raise BadRequest(f"input {tensor.name}: {_shown(value)} is no {tensor.datatype}")
    return values


def _flat(tensor: Tensor) -> Values:
    values = tensor.values
    while isinstance(values, list) and values and isinstance(values[0], list):
        if not all(isinstance(part, list) and len(part) == len(values[0]) for part in values):
            raise BadRequest(f"input {tensor.name}: the data are nested unevenly")
        values = [value for part in values for value in part]
    return values


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"

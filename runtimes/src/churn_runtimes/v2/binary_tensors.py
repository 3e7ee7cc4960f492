"""REST's binary tensor extension: JSON and the tensors' bytes in one body, both ways.

The bounded app turns such a request into plain JSON for the models behind it, and their JSON answer into what was asked
for. `Inference-Header-Content-Length` says where the JSON ends and the bytes begin.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest
from churn_runtimes.v2.not_json import not_json
from churn_runtimes.v2.tensor import to_bytes, values_from_bytes

Json = dict[str, Any]

_LENGTH_DIGITS = 20
"""Of a length in a header at most, its leading zeros included."""


class WantedBinary(NamedTuple):
    """Which output tensors the client wants as bytes: those it says so of, the others by its default."""

    default: bool
    outputs: Mapping[str, bool]

    def wants(self, output: str) -> bool:
        """Whether this one is to be bytes."""
        return self.outputs.get(output, self.default)

    @property
    def anything(self) -> bool:
        """Whether any output is to be bytes."""
        return self.default or any(self.outputs.values())


def wanted_binary(request: Json) -> WantedBinary:
    """What the request says of its outputs. Raises BadRequest where that is malformed."""
    outputs = request.get("outputs") or []
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        raise BadRequest("outputs: a list of objects is expected")
    asked = {str(output.get("name")): _flag(output, "binary_data") for output in outputs}
    return WantedBinary(
        default=bool(_flag(request, "binary_data_output")),
        outputs={name: flag for name, flag in asked.items() if flag is not None},
    )


def read_json(body: bytes) -> Json:
    """A request's JSON object. Raises BadRequest."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(not_json(error.doc, error.pos, error.msg)) from error
    if not isinstance(request, dict):
        raise BadRequest("the body is no JSON object")
    return request


def split_request(body: bytes, header_length: str) -> Json:
    """The request with every tensor's bytes as JSON data in their place. Raises BadRequest."""
    # Python refuses to read a number of thousands of digits, with another error than ours.
    is_number = header_length.isdecimal() and len(header_length) <= _LENGTH_DIGITS
    if not is_number or int(header_length) > len(body):
        raise BadRequest(f"Inference-Header-Content-Length {header_length[:40]!r} is no length within the body")
    request = read_json(body[: int(header_length)])
    rest = memoryview(body)[int(header_length) :]
    inputs = request.get("inputs")
    if not isinstance(inputs, list):
        raise BadRequest("inputs: a list is expected")
    for tensor in inputs:
        rest = _fill_in(tensor, rest)
    if rest:
        raise BadRequest(f"{len(rest)} bytes after the last binary tensor")
    return request


def join_answer(answer: Json, wanted: WantedBinary) -> tuple[int, bytes]:
    """The answer with the wanted tensors as bytes behind the JSON: the JSON's length, and the body."""
    contents = []
    for tensor in answer["outputs"]:
        if wanted.wants(tensor["name"]):
            content = _to_bytes(Datatype(tensor["datatype"]), tensor.pop("data"))
            tensor["parameters"] = {**tensor.get("parameters", {}), "binary_data_size": len(content)}
            contents.append(content)
    head = orjson.dumps(answer)
    return len(head), b"".join([head, *contents])


def _flag(part: Json, name: str) -> bool | None:
    parameters = part.get("parameters") or {}
    flag = parameters.get(name) if isinstance(parameters, dict) else None
    return flag if isinstance(flag, bool) else None


def _fill_in(tensor: Any, rest: memoryview) -> memoryview:
    parameters = tensor.get("parameters") if isinstance(tensor, dict) else None
    if not isinstance(parameters, dict) or "binary_data_size" not in parameters:
        return rest
    if "data" in tensor:
        raise BadRequest(f"input {tensor.get('name')}: data in the JSON and behind it")
    name, size = str(tensor.get("name")), parameters.pop("binary_data_size")
    if type(size) is not int or not 0 <= size <= len(rest):
        raise BadRequest(f"input {name}: binary_data_size {size!r}, {len(rest)} bytes are left")
    try:
        datatype = Datatype(tensor.get("datatype"))
    except ValueError as error:
        raise BadRequest(f"input {name}: no such datatype: {tensor.get('datatype')!r}") from error
    tensor["data"] = _to_json(name, datatype, bytes(rest[:size]))
    return rest[size:]


def _to_json(name: str, datatype: Datatype, content: bytes) -> Sequence[Any]:
    values = values_from_bytes(name, datatype, content)
    if isinstance(values, list):
        try:
            return [value.decode() for value in values]
        except UnicodeDecodeError as error:
            raise BadRequest(f"input {name}: BYTES that are no UTF-8 text") from error
    plain: list[Any] = values.tolist()
    if datatype.is_float and not math.isfinite(sum(plain)):
        # JSON has neither: NaN is a missing value, and an infinite one would be carried as that.
        if np.isinf(values).any():
            raise BadRequest(f"input {name}: infinite")
        return [None if math.isnan(value) else value for value in plain]
    return plain


def _to_bytes(datatype: Datatype, data: list[Any]) -> bytes:
    if datatype.numpy is None:
        return to_bytes(str(value).encode() for value in data)
    return np.asarray(data, dtype=datatype.numpy).tobytes()

"""Between gRPC's messages and the tensors that models take and give."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mlserver.grpc import dataplane_pb2 as pb
from numpy.typing import NDArray

from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest
from churn_runtimes.v2.outputs import datatype_of
from churn_runtimes.v2.tensor import Tensor, Values, from_bytes, to_bytes

_FIELDS = {
    Datatype.BOOL: "bool_contents",
    Datatype.UINT8: "uint_contents",
    Datatype.UINT16: "uint_contents",
    Datatype.UINT32: "uint_contents",
    Datatype.UINT64: "uint64_contents",
    Datatype.INT8: "int_contents",
    Datatype.INT16: "int_contents",
    Datatype.INT32: "int_contents",
    Datatype.INT64: "int64_contents",
    Datatype.FP32: "fp32_contents",
    Datatype.FP64: "fp64_contents",
    Datatype.BYTES: "bytes_contents",
}


def read_tensors(request: pb.ModelInferRequest) -> list[Tensor]:
    """The inputs, whether their contents are raw or typed. Raises BadRequest."""
    raw = request.raw_input_contents
    if not raw:
        return [_typed(tensor) for tensor in request.inputs]
    if len(raw) != len(request.inputs):
        raise BadRequest(f"{len(raw)} raw contents for {len(request.inputs)} inputs; all of them are raw, or none is")
    if twice := [tensor.name for tensor in request.inputs if tensor.HasField("contents")]:
        raise BadRequest(f"inputs with contents and raw contents: {', '.join(twice)}")
    return [
        from_bytes(tensor.name, _datatype(tensor), list(tensor.shape), content)
        for tensor, content in zip(request.inputs, raw, strict=True)
    ]


def read_parameter(request: pb.ModelInferRequest, name: str) -> Any:
    """A parameter of the request; None where it has none."""
    if name not in request.parameters:
        return None
    given = request.parameters[name]
    kind = given.WhichOneof("parameter_choice")
    return getattr(given, kind) if kind else None


def write_answer(
    request: pb.ModelInferRequest,
    version: str | None,
    answers: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, str | int],
) -> pb.ModelInferResponse:
    """Tensors of FP64, BOOL or, as texts, BYTES; raw to a client that sent raw contents."""
    response = pb.ModelInferResponse(model_name=request.model_name, model_version=version, id=request.id)
    for name, value in parameters.items():
        if isinstance(value, int):
            response.parameters[name].int64_param = value
        else:
            response.parameters[name].string_param = value
    for name, values in answers.items():
        datatype = datatype_of(values)
        output = response.outputs.add(name=name, datatype=datatype, shape=values.shape)
        elements = [text.encode() for text in values.ravel()] if datatype is Datatype.BYTES else None
        if request.raw_input_contents:
            numbers = np.ascontiguousarray(values, dtype=datatype.numpy)
            response.raw_output_contents.append(numbers.tobytes() if elements is None else to_bytes(elements))
        else:
            getattr(output.contents, _FIELDS[datatype]).extend(
                values.ravel().tolist() if elements is None else elements
            )
    return response


def _typed(tensor: pb.ModelInferRequest.InferInputTensor) -> Tensor:
    datatype = _datatype(tensor)
    if datatype not in _FIELDS:
        raise BadRequest(f"input {tensor.name}: {datatype} has raw contents only")
    values: Sequence[object] = getattr(tensor.contents, _FIELDS[datatype])
    return Tensor(tensor.name, datatype, list(tensor.shape), _checked(datatype, list(values)))


def _checked(datatype: Datatype, values: Values) -> Values:
    # What a typed field holds is of its type already, and an array need not be checked value by value.
    return np.asarray(values, dtype=datatype.numpy) if datatype.is_float else values


def _datatype(tensor: pb.ModelInferRequest.InferInputTensor) -> Datatype:
    try:
        return Datatype(tensor.datatype)
    except ValueError as error:
        raise BadRequest(f"input {tensor.name}: no such datatype: {tensor.datatype!r}") from error

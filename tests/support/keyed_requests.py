"""Requests whose rows name their customer, in every form that has a place for the name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import numpy as np
from churn_models.combine import Scores
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.local_stack import Serving
from support.v2_tensors import Json, binary_body, bytes_elements

_SECONDS = 30


@dataclass(frozen=True)
class Answered:
    """One answer: its scores, and what its parameters say."""

    scores: Scores
    parameters: Mapping[str, Any]


Ask = Callable[[Serving, str, Sequence[Json]], Answered]
"""Asks a model with these JSON tensors, in a form of its own."""


def key_tensor(name: str, customers: Sequence[str | int]) -> Json:
    """Whom the rows are of."""
    datatype = "BYTES" if isinstance(customers[0], str) else "INT64"
    return {"name": name, "datatype": datatype, "shape": [len(customers)], "data": list(customers)}


def feature_tensors(columns: Mapping[str, Sequence[float]]) -> list[Json]:
    """Numbers by name; NaN is missing."""
    return [
        {
            "name": name,
            "datatype": "FP64",
            "shape": [len(values), 1],
            "data": [None if np.isnan(value) else float(value) for value in values],
        }
        for name, values in columns.items()
    ]


def ask_json(serving: Serving, model: str, tensors: Sequence[Json]) -> Answered:
    """REST."""
    return _rest(httpx.post(_url(serving, model), json={"inputs": list(tensors)}, timeout=_SECONDS))


def ask_binary(serving: Serving, model: str, tensors: Sequence[Json]) -> Answered:
    """REST with the tensors' bytes behind the JSON."""
    body, headers = binary_body([_binary(tensor) for tensor in tensors])
    return _rest(httpx.post(_url(serving, model), content=body, headers=headers, timeout=_SECONDS))


def ask_grpc(serving: Serving, model: str, tensors: Sequence[Json]) -> Answered:
    """GRPC with typed contents."""
    request = messages.ModelInferRequest(model_name=model)
    for tensor in tensors:
        part = request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        if tensor["datatype"] == "BYTES":
            part.contents.bytes_contents.extend((value or "").encode() for value in tensor["data"])
        elif tensor["datatype"] == "INT64":
            part.contents.int64_contents.extend(tensor["data"])
        else:
            part.contents.fp64_contents.extend(_floats(tensor))
    return _grpc(serving, request)


def ask_grpc_raw(serving: Serving, model: str, tensors: Sequence[Json]) -> Answered:
    """GRPC with raw contents."""
    request = messages.ModelInferRequest(model_name=model)
    for tensor in tensors:
        request.inputs.add(name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"])
        request.raw_input_contents.append(_binary(tensor)[1])
    return _grpc(serving, request)


FORMS: dict[str, Ask] = {
    "REST JSON": ask_json,
    "REST binary": ask_binary,
    "gRPC": ask_grpc,
    "gRPC raw": ask_grpc_raw,
}


def _url(serving: Serving, model: str) -> str:
    return f"{serving.rest_url}/v2/models/{model}/infer"


def _rest(response: httpx.Response) -> Answered:
    assert response.status_code == 200, response.text
    answer = response.json()
    return Answered(np.asarray(answer["outputs"][0]["data"]), answer.get("parameters", {}))


def _grpc(serving: Serving, request: messages.ModelInferRequest) -> Answered:
    with grpc.insecure_channel(serving.grpc_target) as channel:
        answer = GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=_SECONDS)
    said = {name: getattr(value, value.WhichOneof("parameter_choice")) for name, value in answer.parameters.items()}
    raw = answer.raw_output_contents
    scores = np.frombuffer(raw[0], "<f8") if raw else np.asarray(answer.outputs[0].contents.fp64_contents)
    return Answered(scores, said)


def _floats(tensor: Json) -> list[float]:
    return [np.nan if value is None else value for value in tensor["data"]]


def _binary(tensor: Json) -> tuple[Json, bytes]:
    if tensor["datatype"] == "BYTES":
        data = bytes_elements(value or "" for value in tensor["data"])
    elif tensor["datatype"] == "INT64":
        data = np.array(tensor["data"], dtype="<i8").tobytes()
    else:
        data = np.array(_floats(tensor), dtype="<f8").tobytes()
    head = {name: value for name, value in tensor.items() if name != "data"}
    return {**head, "parameters": {"binary_data_size": len(data)}}, data

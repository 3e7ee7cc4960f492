"""Asks a server by the tritonclient package's clients and prints what they understood, as JSON.

Run by test_clients in an environment of its own: REST url, gRPC target, model, and a matrix as JSON.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from tritonclient import grpc as by_grpc
from tritonclient import http as by_http
from tritonclient.utils import InferenceServerException

OUTPUTS = ["member.xgboost", "churn_probability"]


def understood(answer: Any) -> dict[str, Any]:
    """What the client made of an answer with both outputs."""
    response = answer.get_response()
    identity = response["id"] if isinstance(response, dict) else response.id
    return {"id": identity, "outputs": {name: answer.as_numpy(name).tolist() for name in OUTPUTS}}


def reasons(answer: Any) -> dict[str, Any]:
    """What the client made of an answer with the largest reasons."""
    names = [[name.decode() for name in row] for row in answer.as_numpy("top_reasons")]
    return {"names": names, "values": answer.as_numpy("contributions").tolist()}


def error_of(call: Callable[[], Any]) -> str:
    """The status and message that the client raises."""
    try:
        call()
    except InferenceServerException as error:
        return f"{error.status()} {error.message()}"
    return "none"


def ask_by_http(address: str, model: str, matrix: Any) -> dict[str, Any]:
    """Health, metadata, and inference with binary data on and off each way."""
    with by_http.InferenceServerClient(address) as client:

        def infer(sent: Any, binary_in: bool, binary_out: bool) -> Any:
            tensor = by_http.InferInput("rows", list(sent.shape), "FP32")
            tensor.set_data_from_numpy(sent, binary_data=binary_in)
            outputs = [by_http.InferRequestedOutput(name, binary_data=binary_out) for name in OUTPUTS]
            return client.infer(model, [tensor], outputs=outputs, request_id="triton")

        tensor = by_http.InferInput("rows", list(matrix.shape), "FP32")
        tensor.set_data_from_numpy(matrix)
        return {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model ready": client.is_model_ready(model),
            "unknown model ready": client.is_model_ready("nothing"),
            "server": client.get_server_metadata(),
            "metadata": client.get_model_metadata(model),
            "json": understood(infer(matrix, False, False)),
            "binary in": understood(infer(matrix, True, False)),
            "binary out": understood(infer(matrix, False, True)),
            "binary": understood(infer(matrix, True, True)),
            "reasons": reasons(client.infer(model, [tensor], parameters={"top_reasons": 2})),
            "default": client.infer(model, [tensor]).as_numpy("churn_probability").tolist(),
            "error": error_of(lambda: infer(matrix[:, 1:], True, True)),
            "json error": error_of(lambda: infer(matrix[:, 1:], False, False)),
            "unknown": error_of(lambda: client.get_model_metadata("nothing")),
            "index": client.get_model_repository_index(),
            "config": client.get_model_config("small"),
            "statistics": client.get_inference_statistics("small"),
            "loading": error_of(lambda: client.load_model("small")),
        }


def ask_by_grpc(target: str, model: str, matrix: Any) -> dict[str, Any]:
    """Health, metadata and inference; this client sends raw contents always."""
    with by_grpc.InferenceServerClient(target) as client:

        def infer(sent: Any) -> Any:
            tensor = by_grpc.InferInput("rows", list(sent.shape), "FP32")
            tensor.set_data_from_numpy(sent)
            outputs = [by_grpc.InferRequestedOutput(name) for name in OUTPUTS]
            return client.infer(model, [tensor], outputs=outputs, request_id="triton")

        tensor = by_grpc.InferInput("rows", list(matrix.shape), "FP32")
        tensor.set_data_from_numpy(matrix)
        return {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model ready": client.is_model_ready(model),
            "reasons": reasons(client.infer(model, [tensor], parameters={"top_reasons": 2})),
            "server": client.get_server_metadata(as_json=True),
            "metadata": client.get_model_metadata(model, as_json=True),
            "raw contents": understood(infer(matrix)),
            "error": error_of(lambda: infer(matrix[:, 1:])),
            "unknown": error_of(lambda: client.is_model_ready("nothing")),
        }


if __name__ == "__main__":
    rows = np.array(json.loads(sys.argv[4]), dtype=np.float32)
    http_answers = ask_by_http(sys.argv[1].removeprefix("http://"), sys.argv[3], rows)
    print(json.dumps({"rest": http_answers, "grpc": ask_by_grpc(sys.argv[2], sys.argv[3], rows)}))

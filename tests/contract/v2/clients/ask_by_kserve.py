"""Asks a server by the kserve package's clients and prints what they understood, as JSON.

Run by test_clients in an environment of its own: REST url, gRPC target, model, and a matrix as JSON.
"""

import asyncio
import json
import sys
from typing import Any

import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput

OUTPUTS = ["member.xgboost", "churn_probability"]


def request(model: str, matrix: Any, binary: bool, **fields: Any) -> InferRequest:
    """All rows as one tensor, for both outputs."""
    tensor = InferInput("rows", list(matrix.shape), "FP32")
    tensor.set_data_from_numpy(matrix, binary_data=binary)
    outputs = [RequestedOutput(name, fields.pop("output_parameters", None)) for name in OUTPUTS]
    return InferRequest(model, [tensor], request_id="kserve", request_outputs=outputs, **fields)


def understood(answer: Any) -> dict[str, Any]:
    """What the client made of an answer."""
    outputs = {output.name: output.as_numpy().tolist() for output in answer.outputs}
    return {"id": answer.id, "model": answer.model_name, "outputs": outputs}


async def by_rest(url: str, model: str, matrix: Any) -> dict[str, Any]:
    """Every call of the REST client."""
    binary_outputs = {"parameters": {"binary_data_output": True}}
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        return {
            "live": await client.is_server_live(url),
            "ready": await client.is_server_ready(url),
            "model ready": await client.is_model_ready(url, model),
            "unknown model ready": await client.is_model_ready(url, "nothing"),
            "json": understood(await client.infer(url, request(model, matrix, False), model)),
            "binary in": understood(await client.infer(url, request(model, matrix, True), model)),
            "binary out": understood(await client.infer(url, request(model, matrix, False, **binary_outputs), model)),
            "binary": understood(await client.infer(url, request(model, matrix, True, **binary_outputs), model)),
            "error": await refused(client, url, model, matrix[:, 1:]),
        }


async def refused(client: InferenceRESTClient, url: str, model: str, matrix: Any) -> str:
    """The text of the error that the client raises for a request with a feature too few."""
    try:
        await client.infer(url, request(model, matrix, False), model)
    except httpx.HTTPStatusError as error:
        return str(error)
    return "none"


async def by_grpc(target: str, model: str, matrix: Any) -> dict[str, Any]:
    """Every call of the gRPC client."""
    async with InferenceGRPCClient(target) as client:
        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model ready": await client.is_model_ready(model),
            "contents": understood(await client.infer(request(model, matrix, False))),
            "raw contents": understood(await client.infer(request(model, matrix, True))),
        }


async def main(url: str, target: str, model: str, matrix: Any) -> None:
    """Ask by both clients."""
    print(json.dumps({"rest": await by_rest(url, model, matrix), "grpc": await by_grpc(target, model, matrix)}))


if __name__ == "__main__":
    rest_url, grpc_target, name, rows = sys.argv[1:]
    asyncio.run(main(rest_url, grpc_target, name, np.array(json.loads(rows), dtype=np.float32)))

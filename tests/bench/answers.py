"""No server is measured that answers something else: every one is asked before, over each protocol and form."""

import grpc
import httpx
import numpy as np
from bench.contenders import Contender
from bench.requests import Form, Rows, grpc_messages, json_bodies, positions
from bench.rig import Server
from churn_models.golden import TOLERANCE
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub

_SECONDS = 30


class WrongAnswer(Exception):
    """A server that should be exact scores differently from training."""


def check_answers(contender: Contender, server: Server, rows: Rows, forms: list[Form]) -> float:
    """The largest difference from training's scores. Raises WrongAnswer where an exact one exceeds 1e-6."""
    worst = 0.0
    for size in (1, 32):
        expected = [rows.expected[asked] for asked in positions(rows, size)]
        for form in forms:
            answered = _ask_rest(server, json_bodies(rows, size, form))
            worst = max(worst, float(np.abs(np.array(answered) - expected).max()))
        if server.grpc_port:
            answered = _ask_grpc(server, grpc_messages(rows, size))
            worst = max(worst, float(np.abs(np.array(answered) - expected).max()))
    if contender.exact and not worst <= TOLERANCE:
        raise WrongAnswer(f"{contender.name} scores {worst:.2e} away from training")
    return worst


def _ask_rest(server: Server, bodies: list[bytes]) -> list[list[float]]:
    headers = {"Content-Type": "application/json"}
    with httpx.Client(timeout=_SECONDS, headers=headers) as client:
        answers = [client.post(server.infer_url, content=body).raise_for_status().json() for body in bodies]
    return [answer["outputs"][0]["data"] for answer in answers]


def _ask_grpc(server: Server, requests: list[bytes]) -> list[list[float]]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        ask = GRPCInferenceServiceStub(channel).ModelInfer
        answers = [ask(messages.ModelInferRequest.FromString(one), timeout=_SECONDS) for one in requests]
    return [_values(answer) for answer in answers]


def _values(answer: messages.ModelInferResponse) -> list[float]:
    raw = answer.raw_output_contents
    return list(np.frombuffer(raw[0], dtype="<f8") if raw else answer.outputs[0].contents.fp64_contents)

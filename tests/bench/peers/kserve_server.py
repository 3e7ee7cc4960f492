"""Peer: KServe's Python ModelServer on our evaluator, without its log lines per request.

python -m bench.peers.kserve_server BUNDLE REST_PORT GRPC_PORT
"""

import logging
import sys
from pathlib import Path
from uuid import uuid4

import numpy as np
from churn_models.bundle import open_bundle
from churn_runtimes.evaluator.load import load_evaluator
from kserve import InferInput, InferOutput, InferRequest, InferResponse, Model, ModelServer


class EvaluatorModel(Model):  # type: ignore[misc]  # kserve is not in the environment that types are checked in
    """Scores the one `[rows, features]` tensor of a request."""

    def __init__(self, bundle: Path) -> None:
        super().__init__("churn")
        self._evaluator = load_evaluator(open_bundle(bundle))
        self.ready = True

    async def predict(self, payload: InferRequest, headers: dict[str, str] | None = None) -> InferResponse:
        """Answer `churn_probability`."""
        tensor: InferInput = payload.inputs[0]
        matrix = np.ascontiguousarray(tensor.as_numpy(), dtype=np.float32)
        scores = self._evaluator.evaluate(matrix)[0]
        output = InferOutput("churn_probability", [len(scores)], "FP64", data=scores.tolist())
        return InferResponse(payload.id or str(uuid4()), self.name, [output])


if __name__ == "__main__":
    server = ModelServer(
        http_port=int(sys.argv[2]), grpc_port=int(sys.argv[3]), enable_latency_logging=False, workers=1
    )
    logging.disable(logging.INFO)
    server.start([EvaluatorModel(Path(sys.argv[1]))])

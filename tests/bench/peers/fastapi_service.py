"""Peer: a lean FastAPI service of V2's infer on our evaluator: uvloop, httptools, pydantic in, orjson out, no log.

python -m bench.peers.fastapi_service BUNDLE PORT
"""

import sys
from pathlib import Path

import numpy as np
import orjson
import uvicorn
from churn_models.bundle import open_bundle
from churn_runtimes.evaluator.load import load_evaluator
from fastapi import FastAPI, Response
from pydantic import BaseModel


class Tensor(BaseModel):
    """A V2 input tensor."""

    name: str
    shape: list[int]
    datatype: str
    data: list[float]


class InferRequest(BaseModel):
    """A V2 infer request of matrices."""

    id: str | None = None
    inputs: list[Tensor]


def service(bundle: Path) -> FastAPI:
    """The application: readiness and infer."""
    evaluator = load_evaluator(open_bundle(bundle))
    app = FastAPI(openapi_url=None)

    @app.get("/v2/models/churn/ready")
    async def ready() -> Response:
        return Response()

    @app.post("/v2/models/churn/infer")
    async def infer(request: InferRequest) -> Response:
        tensor = request.inputs[0]
        matrix = np.array(tensor.data, dtype=np.float32).reshape(tensor.shape)
        scores = evaluator.evaluate(matrix)[0]
        output = {"name": "churn_probability", "datatype": "FP64", "shape": [len(scores)], "data": scores}
        body = orjson.dumps({"model_name": "churn", "outputs": [output]}, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(body, media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(
        service(Path(sys.argv[1])),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )

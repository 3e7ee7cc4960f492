"""MLServer's data plane as V2 clients expect it: what REST and gRPC call for every model.

It stands in front of the stock one and mends what that gets wrong: ready without a model, ids that nobody gave,
client faults that reach a member's library and come back as server faults.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from time import perf_counter

import numpy as np
from churn_models.encoding import Matrix
from mlserver import MLModel, types
from mlserver.handlers import DataPlane
from mlserver.middleware import InferenceMiddlewares
from mlserver.registry import MultiModelRegistry
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    MetadataServerResponse,
    Parameters,
    RequestInput,
    RequestOutput,
)

from churn_runtimes.metrics import InferMetrics, infer_seconds
from churn_runtimes.openapi import Document, dataplane_document
from churn_runtimes.scoring_model import ScoringModel
from churn_runtimes.v2.errors import BadRequest, Unavailable
from churn_runtimes.v2.outputs import check_outputs
from churn_runtimes.v2.tensor import Tensor, from_mlserver
from churn_runtimes.v2.unseen import unseen_parameters

_EXTENSIONS = ["binary_tensor_data"]


class V2DataPlane:
    """The stock data plane of one bundle's models."""

    def __init__(self, stock: DataPlane, registry: MultiModelRegistry, expected: Sequence[str]) -> None:
        # Its headers name a product that this is not.
        stock._inference_middleware = InferenceMiddlewares()
        self._stock = stock
        self._registry = registry
        self._expected = expected
        self._main: ScoringModel | None = None
        self._loaded: dict[str, MLModel] = {}
        self.draining = False
        """Set when the server has been told to stop: it answers, but wants no new clients."""

    def represent(self, model: ScoringModel) -> None:
        """Know the model by whose schema requests to single members are read."""
        self._main = model

    def add(self, model: MLModel) -> None:
        """Count a model as loaded."""
        self._loaded[model.name] = model

    @property
    def is_ready(self) -> bool:
        """True when every expected model is loaded and can answer, and the server is not about to stop."""
        able = {name for name, model in self._loaded.items() if _can_answer(model)}
        return not self.draining and able.issuperset(self._expected)

    def is_model_ready(self, name: str) -> bool | None:
        """The same of one model; None when it is not loaded."""
        model = self._loaded.get(name)
        return None if model is None else not self.draining and _can_answer(model)

    def document(self) -> Document:
        """The OpenAPI description of what is served. Raises Unavailable before the schema is known."""
        main = self._known()
        return dataplane_document(models=self._expected, version=main.version, schema=main.schema)

    async def live(self) -> bool:
        """Always: a process that does not live does not answer."""
        return True

    async def ready(self) -> bool:
        """`is_ready`, as MLServer asks for it."""
        return self.is_ready

    async def model_ready(self, name: str, version: str | None = None) -> bool:
        """The same of one model. Raises ModelNotFound."""
        return not self.draining and _can_answer(await self._registry.get_model(name, version))

    async def metadata(self) -> MetadataServerResponse:
        """Name, version and extensions of the server."""
        return (await self._stock.metadata()).model_copy(update={"extensions": _EXTENSIONS})

    async def model_metadata(self, name: str, version: str | None = None) -> MetadataModelResponse:
        """Versions, inputs and outputs. Raises ModelNotFound."""
        return await self._stock.model_metadata(name, version)

    async def infer(self, payload: InferenceRequest, name: str, version: str | None = None) -> InferenceResponse:
        """Answer the request with the id that it has, if it has one. Raises MLServerError."""
        began = perf_counter()
        model = await self.find(name, version)
        given = payload.id
        unseen: Mapping[str, int] = {}
        if not isinstance(model, ScoringModel):
            asked = [output.name for output in payload.outputs or ()]
            payload, unseen = self.encode_for_member(model, from_mlserver(payload.inputs), asked)
        response = tell_unseen(await self._stock.infer(payload, name, model.version), unseen)
        response.id = given
        infer_seconds("stock", name, model.version).observe(perf_counter() - began)
        return response

    async def find(self, name: str, version: str | None) -> MLModel:
        """A model that can be asked. Raises ModelNotFound or Unavailable."""
        model = await self._registry.get_model(name, version)
        if not model.ready:
            raise Unavailable(f"model {name} is not ready yet")
        return model

    def encode_for_member(
        self, member: MLModel, tensors: Sequence[Tensor], asked: Sequence[str]
    ) -> tuple[InferenceRequest, Mapping[str, int]]:
        """What a member's stock runtime understands, from either input form, and what is unseen in it.

        Raises BadRequest or TooLarge.
        """
        check_outputs(asked, [tensor.name for tensor in member.outputs])
        encoded = self._known().decode(tensors)
        outputs = [RequestOutput(name=name) for name in asked]
        return InferenceRequest(inputs=[_matrix_tensor(encoded.matrix)], outputs=outputs or None), encoded.unseen

    def infer_stream(
        self, payloads: AsyncIterator[InferenceRequest], name: str, version: str | None = None
    ) -> AsyncIterator[InferenceResponse]:
        """No model here generates anything. Raises BadRequest."""
        raise BadRequest(f"model {name} answers whole requests only; there is nothing to stream")

    def metrics_of(self, path: str, model: MLModel) -> InferMetrics:
        """Where answers of this model that the stock data plane does not see are counted."""
        labels = {"model": model.name, "version": model.version}
        return InferMetrics(
            infer_seconds(path, model.name, model.version),
            self._stock._ModelInferRequestSuccess.labels(**labels),
            self._stock._ModelInferRequestDuration.labels(**labels),
        )

    def _known(self) -> ScoringModel:
        if self._main is None:
            raise Unavailable("the bundle is not read yet")
        return self._main


def tell_unseen(response: InferenceResponse, unseen: Mapping[str, int]) -> InferenceResponse:
    """The answer of a member, with the unseen categories of its request in the parameters."""
    if not unseen:
        return response
    told = response.parameters.model_dump(exclude_none=True) if response.parameters else {}
    return response.model_copy(update={"parameters": Parameters(**told, **unseen_parameters(unseen))})


def _matrix_tensor(matrix: Matrix) -> RequestInput:
    return RequestInput(
        name="features",
        datatype=types.Datatype.FP32,
        shape=list(matrix.shape),
        data=np.asarray(matrix).ravel().tolist(),
    )


def _can_answer(model: MLModel) -> bool:
    # Not by `ready` alone: MLServer would refuse requests by it, which then get no word of what is missing.
    return bool(model.ready) and getattr(model, "available", True)

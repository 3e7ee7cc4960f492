"""MLServer's data plane as V2 clients expect it: what REST and gRPC call for every model.

It stands in front of the stock one and mends what that gets wrong: ready without a model, ids that nobody gave,
client faults that reach a member's library and come back as server faults.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from churn_models.encoding import Matrix
from mlserver import MLModel, types
from mlserver.handlers import DataPlane
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

from churn_runtimes.answer_counts import Route, answers_of, counting
from churn_runtimes.mlserver_internals import without_cloud_events, without_own_counters
from churn_runtimes.openapi import Document, Served, dataplane_document
from churn_runtimes.scoring_model import ScoringModel, told_of
from churn_runtimes.triton_extensions import EXTENSIONS, Object, model_config, model_statistics
from churn_runtimes.v2.contributions import TOP_REASONS, refuse_top_reasons
from churn_runtimes.v2.errors import Unavailable
from churn_runtimes.v2.outputs import check_outputs
from churn_runtimes.v2.tensor import Tensor, from_mlserver

_EXTENSIONS = ["binary_tensor_data", *EXTENSIONS]
_READY = "READY"


class V2DataPlane:
    """The stock data plane of one bundle's models."""

    def __init__(self, stock: DataPlane, registry: MultiModelRegistry, expected: Sequence[str], max_rows: int) -> None:
        without_cloud_events(stock)
        without_own_counters(stock)
        self._stock = stock
        self._registry = registry
        self._expected = expected
        self._max_rows = max_rows
        self._ensemble: ScoringModel | None = None
        self._loaded: dict[str, MLModel] = {}
        self.draining = False
        """Set when the server has been told to stop: it answers, but wants no new clients."""

    def read_members_by(self, model: ScoringModel) -> None:
        """Know the model by whose schema requests to single members are read."""
        self._ensemble = model

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
        ensemble = self._require_ensemble()
        outputs = [tensor.name for tensor in ensemble.outputs]
        return dataplane_document(
            Served(self._expected, ensemble.version, ensemble.schema, outputs, ensemble.explained)
        )

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

    async def model_config(self, name: str, version: str | None = None) -> Object:
        """Triton's configuration of one model. Raises ModelNotFound."""
        return model_config(await self.model_metadata(name, version), self._max_rows)

    async def statistics(self, name: str | None = None, version: str | None = None) -> Object:
        """Triton's statistics of one model, or of all. Raises ModelNotFound."""
        models = [await self._registry.get_model(name, version)] if name else await self._registry.get_models()
        found = [model_statistics(model.name, model.version, answers_of(model.name, model.version)) for model in models]
        return {"model_stats": found}

    async def index(self, ready_only: bool = False) -> list[dict[str, str]]:
        """The models that there are or will be, as V2's repository index has them."""
        loaded = {model.name: model for model in await self._registry.get_models()}
        known = [_index_item(name, loaded.get(name)) for name in self._expected]
        return [item for item in known if item["state"] == _READY or not ready_only]

    async def infer(self, payload: InferenceRequest, name: str, version: str | None = None) -> InferenceResponse:
        """Answer REST's request with the id that it has, if it has one, and count it. Raises MLServerError."""
        model = await self.find(name, version)
        with counting(Route.MLSERVER, name, model.version) as scored:
            if isinstance(model, ScoringModel):
                response = await model.respond(payload, is_pinned=version is not None)
                response.id = payload.id
            else:
                response = await self.ask_member(model, payload)
            scored.rows, scored.version = response.outputs[0].shape[0], response.model_version
        return response

    async def ask_member(self, model: MLModel, payload: InferenceRequest) -> InferenceResponse:
        """The answer of a member's stock runtime."""
        given = payload.id
        asked = [output.name for output in payload.outputs or ()]
        refuse_top_reasons(model.name, getattr(payload.parameters, TOP_REASONS, None))
        payload, told = await self.encode_for_member(model, from_mlserver(payload.inputs), asked)
        response = with_told(await self._stock.infer(payload, model.name, model.version), told)
        response.id = given
        return response

    async def find(self, name: str, version: str | None) -> MLModel:
        """A model that can be asked. Raises ModelNotFound or Unavailable."""
        model = await self._registry.get_model(name, version)
        if not model.ready:
            raise Unavailable(f"model {name} is not ready yet")
        return model

    async def encode_for_member(
        self, member: MLModel, tensors: Sequence[Tensor], asked: Sequence[str]
    ) -> tuple[InferenceRequest, Mapping[str, str | int]]:
        """What a member's stock runtime understands, from either input form, and what the answer says of it.

        Raises BadRequest or TooLarge.
        """
        check_outputs(asked, [tensor.name for tensor in member.outputs])
        ensemble = self._require_ensemble()
        encoded, lacks = await ensemble.encode(tensors)
        wide = ensemble.program.derive(encoded.matrix)
        outputs = [RequestOutput(name=name) for name in asked]
        return InferenceRequest(inputs=[_matrix_tensor(wide)], outputs=outputs or None), told_of(encoded, lacks)

    def _require_ensemble(self) -> ScoringModel:
        if self._ensemble is None:
            raise Unavailable("the bundle is not read yet")
        return self._ensemble


def with_told(response: InferenceResponse, told: Mapping[str, str | int]) -> InferenceResponse:
    """The answer of a member, with what is told of its request in the parameters."""
    if not told:
        return response
    before = response.parameters.model_dump(exclude_none=True) if response.parameters else {}
    return response.model_copy(update={"parameters": Parameters(**before, **told)})


def _index_item(name: str, model: MLModel | None) -> dict[str, str]:
    state = "LOADING" if model is None else _READY if _can_answer(model) else "UNAVAILABLE"
    return {"name": name, "version": (model and model.version) or "", "state": state, "reason": ""}


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

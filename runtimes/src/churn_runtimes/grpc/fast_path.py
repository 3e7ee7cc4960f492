"""The common gRPC request, answered without a deadline, a look-up or a general decoder: one FP32 matrix, one ensemble.

Called by the servicer for every request. The answer is the one that the servicer's own way would give; what the fast
path does not know, right or wrong, it leaves to that way. The rules of a row are those in `v2.rows`, by which all ways
read; a test compares.
"""

import math
from time import perf_counter
from typing import Any

import numpy as np
from churn_models.encoding import Encoded
from churn_models.feature_schema import FeatureSchema
from churn_models.known_codes import KnownCodes
from churn_models.outputs import PROBABILITY
from mlserver.grpc import dataplane_pb2 as pb

from churn_runtimes.answer_counts import ModelName, Route, counts_of
from churn_runtimes.candidate.request_choice import Headers, key_in
from churn_runtimes.candidate.trial import Answering
from churn_runtimes.evaluator.asked_outputs import AskedOutputs
from churn_runtimes.grpc.messages import write_answer
from churn_runtimes.limits import Limits
from churn_runtimes.metrics import count_unseen
from churn_runtimes.v2.contributions import TOP_REASONS
from churn_runtimes.v2.unseen import unseen_parameters

_FP32 = np.dtype("<f4")


class GrpcFastPath:
    """Answers for one ready ensemble whose rows take microseconds."""

    def __init__(
        self, model: ModelName, schema: FeatureSchema, outputs: AskedOutputs, limits: Limits, answering: Answering
    ) -> None:
        self._name = model.name
        self._version = model.version or ""
        self._columns = frozenset(schema.names)
        self._known = KnownCodes(schema)
        self._width = len(schema.features)
        self._outputs = outputs
        self._answering = answering
        self._counts = counts_of(Route.GRPC, *model)
        self._max_rows = limits.rows
        self._is_strict = limits.strict

    def answer(self, request: pb.ModelInferRequest, metadata: Headers = ()) -> pb.ModelInferResponse | None:
        """The answer, or None when the servicer has to look at the request."""
        began = perf_counter()
        if request.model_version not in ("", self._version) or len(request.inputs) != 1:
            return None
        trial = None if request.model_version else self._answering.trial
        sticky, log = None if trial is None else trial.sticky, self._answering.predictions
        names = {TOP_REASONS, sticky, log and log.customer}
        if request.parameters and not names.isdisjoint(request.parameters):
            return None
        asked = [output.name for output in request.outputs] or [PROBABILITY]
        if not self._outputs.names.issuperset(asked):
            return None
        encoded = self._read(request.inputs[0], request.raw_input_contents)
        if encoded is None or (encoded.unseen and self._is_strict):
            return None
        version, counts, outputs = self._version, self._counts, self._outputs
        if trial is None:
            ensemble, members = outputs.evaluate(encoded.matrix)
            own, others = ensemble, None
        else:
            ensemble, members, candidate, own, others = trial.score(encoded.matrix, key_in(metadata, sticky), asked)
            if candidate is not None:
                version, outputs = candidate.version, candidate.asked
                counts = counts_of(Route.GRPC, self._name, version)
        customer = None if log is None else key_in(metadata, log.customer)
        self._answering.tell(trial, encoded, customer, own, others)
        parameters: dict[str, int] = {}
        if encoded.unseen:
            count_unseen(encoded.unseen)
            parameters = unseen_parameters(encoded.unseen)
        response = write_answer(request, version, outputs.of(ensemble, members, asked), parameters)
        counts.answered(perf_counter() - began, len(ensemble))
        return response

    def _read(self, tensor: Any, raw: Any) -> Encoded | None:
        shape = tuple(tensor.shape)
        if (
            tensor.datatype != "FP32"
            or len(shape) != 2
            or shape[1] != self._width
            or not 0 < shape[0] <= self._max_rows
        ):
            return None
        if not tensor.name or tensor.name in self._columns or len(raw) > 1 or (raw and tensor.HasField("contents")):
            return None
        if raw and len(raw[0]) % _FP32.itemsize:
            return None
        values = np.frombuffer(raw[0], _FP32) if raw else np.array(tensor.contents.fp32_contents, _FP32)
        usual = values.size == math.prod(shape) and not np.isinf(values).any()
        return self._known.check(values.reshape(shape)) if usual else None

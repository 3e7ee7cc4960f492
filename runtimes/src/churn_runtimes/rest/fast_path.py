"""The common request, answered without FastAPI: JSON in, one ensemble, JSON out.

Called by the connection (`protocol`) for small requests and by the bounded app for large ones. The answer is the one
that MLServer's way would give, byte for byte; what the fast path does not know, right or wrong, it leaves to that way.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np
import orjson
from churn_models.combine import Scores
from churn_models.encoding import Encoded
from churn_models.feature_schema import FeatureSchema

from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.limits import Limits
from churn_runtimes.metrics import InferMetrics, count_unseen
from churn_runtimes.v2.json_rows import JsonRows, plain
from churn_runtimes.v2.outputs import PROBABILITY, output_names
from churn_runtimes.v2.unseen import unseen_parameters

_KNOWN_KEYS = frozenset({"id", "inputs", "outputs", "parameters"})


class FastPath:
    """Answers for one ready ensemble."""

    def __init__(
        self,
        stamp: Mapping[str, str],
        schema: FeatureSchema,
        evaluator: Evaluator,
        metrics: InferMetrics,
        limits: Limits,
    ) -> None:
        """`stamp` is what each answer begins with: the model's name and version."""
        self._rows = JsonRows(schema, limits.rows)
        self._evaluate = evaluator.evaluate
        outputs = enumerate(output_names(evaluator.members))
        self._tensors = {name: (place - 1, b'{"name":"%b","shape":[' % name.encode()) for place, name in outputs}
        """Of each output its column among the members, -1 for the ensemble, and how its JSON begins."""
        self._head = orjson.dumps(stamp)[:-1]
        self._metrics = metrics
        self._is_strict = limits.strict
        self.slow = evaluator.is_slow
        """Whether one row takes milliseconds, too long to score between two other requests."""

    def answer(self, body: bytes) -> bytes | None:
        """The answer's JSON, or None when MLServer has to look at the request."""
        began = perf_counter()
        try:
            request = orjson.loads(body)
            if not (request.keys() <= _KNOWN_KEYS and plain(request) and _is_id(request.get("id"))):
                return None
            outputs = self._wanted(request)
            encoded = self._rows.read(request["inputs"]) if outputs else None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
            return None
        if encoded is None or outputs is None or (encoded.unseen and self._is_strict):
            return None
        answer = self._write(request, outputs, encoded)
        self._metrics.answered(perf_counter() - began)
        return answer

    def _wanted(self, request: dict[str, Any]) -> list[str] | None:
        asked = request.get("outputs")
        if asked is None or asked == []:
            return [PROBABILITY]
        if type(asked) is not list:
            return None
        names = [output["name"] for output in asked if plain(output)]
        usual = len(names) == len(asked) == len(set(names)) and self._tensors.keys() >= set(names)
        return names if usual else None

    def _write(self, request: dict[str, Any], outputs: list[str], encoded: Encoded) -> bytes:
        ensemble, members = self._evaluate(encoded.matrix)
        parts = [self._head]
        if (given := request.get("id")) is not None:
            parts += [b',"id":', orjson.dumps(given)]
        if encoded.unseen:
            count_unseen(encoded.unseen)
            parts += [b',"parameters":', orjson.dumps(unseen_parameters(encoded.unseen))]
        tensors = [self._tensor(name, ensemble, members) for name in outputs]
        parts += [b',"outputs":[', b",".join(tensors), b"]}"]
        return b"".join(parts)

    def _tensor(self, name: str, ensemble: Scores, members: Scores) -> bytes:
        column, head = self._tensors[name]
        values = ensemble if column < 0 else np.ascontiguousarray(members[:, column])
        return b'%b%d],"datatype":"FP64","data":%b}' % (head, len(values), orjson.dumps(values.tolist()))


def _is_id(given: Any) -> bool:
    return given is None or type(given) is str

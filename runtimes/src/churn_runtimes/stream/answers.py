"""What goes to the output topic: for a plain row one JSON object, for a V2 request the V2 answer.

`{"churn_probability": 0.31, "decision": false, "reasons": [{"feature": "tenure", "contribution": -0.2}],
"unseen": {"Contract": 1}, "model": "telco", "version": "7", "digest": "sha256:…"}`: further outputs and reasons where
the worker is asked for them, `unseen` where a value was no category.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from churn_models.outputs import Outputs

from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.top_reasons import TopReasons, top_reasons
from churn_runtimes.stream.batch import Ask, Batch
from churn_runtimes.stream.dead_letter import SOURCE, sent_at, source_of
from churn_runtimes.stream.message import Outgoing
from churn_runtimes.stream.shadow import Shadow
from churn_runtimes.stream.v2_reader import V2_JSON
from churn_runtimes.tap.tap import Tap
from churn_runtimes.v2.contributions import CONTRIBUTIONS, TOP_REASONS
from churn_runtimes.v2.outputs import datatype_of
from churn_runtimes.v2.unseen import unseen_parameters

DIGEST = "churn-digest"
_CLOUD_EVENT = "ce_"
_JSON = ("content-type", b"application/json")
_V2 = ("content-type", V2_JSON.encode())


@dataclass(frozen=True)
class Stamp:
    """Who scores: the registered model's name, its version where one is known, and the bundle's digest."""

    model: str
    version: str | None
    digest: str


@dataclass(frozen=True)
class Given:
    """What each answer has: outputs by name, and the so many largest reasons."""

    outputs: Sequence[str]
    reasons: int = 0


class Answers:
    """Of one ensemble."""

    def __init__(
        self, evaluator: Evaluator, outputs: Outputs, features: Sequence[str], stamp: Stamp, given: Given
    ) -> None:
        self._evaluator = evaluator
        self._outputs = outputs
        self._features = features
        self._given = given
        version = {} if stamp.version is None else {"version": stamp.version}
        # With the comma and the brace around it: an answer's last bytes, which are always the same.
        self._who = b"," + orjson.dumps({"model": stamp.model, **version, "digest": stamp.digest})[1:]
        self._v2_who = {"model_name": stamp.model} | ({"model_version": stamp.version} if stamp.version else {})
        self._digest = (DIGEST, stamp.digest.encode())
        self.tap: Tap | None = None
        """Where a drift sidecar is told of the rows and their scores."""
        self.shadow: Shadow | None = None
        """Where another version scores beside this one."""

    @property
    def not_scores(self) -> int:
        """Rows so far whose score was not finite or outside of 0 to 1."""
        return self._evaluator.not_scores

    def of(self, batch: Batch) -> list[Outgoing]:
        """One message for each that could be read, in their order; scores and reasons are made for all at once."""
        if not batch.asks:
            return []
        matrix = batch.encoded.matrix
        also = [name for ask in batch.asks if ask.v2 for name in ask.v2.outputs]
        names = list(dict.fromkeys([*self._given.outputs, *also]))
        scores = self._evaluator.score(matrix) if self.shadow is None else self.shadow.score(matrix)
        values = self._outputs.values(names, scores)
        if self.tap is not None:
            self.tap.offer(batch.encoded, scores.ensemble)
        reasons = None
        if self._given.reasons:
            contributions = self._evaluator.explain_ensemble(matrix)
            reasons = top_reasons(contributions, self._features, self._given.reasons)
        columns = {name: values[name].tolist() for name in self._given.outputs}
        return [
            self._v2_answer(ask, values, reasons) if ask.v2 else self._answer(ask, columns, reasons)
            for ask in batch.asks
        ]

    def _answer(self, ask: Ask, columns: Mapping[str, list[Any]], reasons: TopReasons | None) -> Outgoing:
        row = ask.first
        answer: dict[str, Any] = {name: column[row] for name, column in columns.items()}
        if reasons is not None:
            pairs = zip(reasons.features[row], reasons.values[row].tolist(), strict=True)
            answer["reasons"] = [{"feature": name, "contribution": value} for name, value in pairs]
        if ask.unseen:
            answer["unseen"] = ask.unseen
        return self._outgoing(ask, orjson.dumps(answer)[:-1] + self._who, _JSON)

    def _v2_answer(self, ask: Ask, values: Mapping[str, Any], reasons: TopReasons | None) -> Outgoing:
        assert ask.v2 is not None
        rows = slice(ask.first, ask.end)
        tensors = {name: values[name][rows] for name in ask.v2.outputs or self._given.outputs}
        if reasons is not None:
            tensors |= {TOP_REASONS: reasons.features[rows], CONTRIBUTIONS: reasons.values[rows]}
        answer: dict[str, Any] = dict(self._v2_who)
        if ask.v2.id is not None:
            answer["id"] = ask.v2.id
        if ask.unseen:
            answer["parameters"] = unseen_parameters(ask.unseen)
        answer["outputs"] = [
            {
                "name": name,
                "shape": list(array.shape),
                "datatype": datatype_of(array),
                "data": array.ravel().tolist(),
            }
            for name, array in tensors.items()
        ]
        return self._outgoing(ask, orjson.dumps(answer), _V2)

    def _outgoing(self, ask: Ask, value: bytes, content_type: tuple[str, bytes]) -> Outgoing:
        message = ask.message
        headers: list[tuple[str, bytes | None]] = [content_type, (SOURCE, source_of(message)), self._digest]
        if given := message.headers():
            headers += [(name, content) for name, content in given if name.startswith(_CLOUD_EVENT)]
        return Outgoing(message.key(), value, headers, sent_at(message))

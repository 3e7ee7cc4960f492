"""The common request, answered without FastAPI: JSON or binary tensors in, one ensemble, the same out.

Called by the connection (`protocol`) for small requests and by the bounded app for large ones. The answer is the one
that MLServer's way would give, byte for byte; what the fast path does not know, right or wrong, it leaves to that way.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any, NamedTuple

import orjson
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import DECISION, PROBABILITY
from numpy.typing import NDArray

from churn_runtimes.answer_counts import AnswerCounts, ModelName, Route, counts_of
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.request_choice import Headers, key_in
from churn_runtimes.candidate.trial import Answering
from churn_runtimes.evaluator.asked_outputs import AskedOutputs
from churn_runtimes.limits import Limits
from churn_runtimes.metrics import count_unseen
from churn_runtimes.scoring_model import stamp
from churn_runtimes.v2.binary_tensors import Json, split_request, wanted_binary
from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest
from churn_runtimes.v2.json_rows import JsonRows, plain
from churn_runtimes.v2.unseen import unseen_parameters

_KNOWN_KEYS = frozenset({"id", "inputs", "outputs", "parameters"})


class FastAnswer(NamedTuple):
    """A body, and how much of it is JSON where binary tensors follow."""

    body: bytes
    header_length: int | None
    counts: AnswerCounts
    """Of the version that answers."""
    rows: int
    seconds: float
    """What it took from the whole request on."""

    def was_given(self) -> None:
        """Count it: not before, as one of a thread may come too late."""
        self.counts.answered(self.seconds, self.rows)


class _Pen:
    """How the answers of one version are written, and where they are counted."""

    def __init__(self, model: ModelName, outputs: AskedOutputs) -> None:
        self.outputs = outputs
        self.tensors = {name: (b'{"name":"%b","shape":[' % name.encode(), _type(name)) for name in outputs.names}
        """How the JSON of each output begins, and goes on behind the number of rows."""
        self.head = orjson.dumps(stamp(*model))[:-1]
        self.counts = counts_of(Route.FAST, *model)


class FastPath:
    """Answers for one ready ensemble, and for the candidate beside it."""

    def __init__(
        self, model: ModelName, schema: FeatureSchema, outputs: AskedOutputs, limits: Limits, answering: Answering
    ) -> None:
        self._model = model
        self._rows = JsonRows(schema)
        self._pen = _Pen(model, outputs)
        self._answering = answering
        self._candidate_pens: dict[PackedTable, _Pen] = {}
        """Of the last candidate that has answered."""
        self._is_strict = limits.strict
        self.slow = outputs.is_slow

    def answer(
        self, body: bytes, header_length: bytes | None, max_rows: int, headers: Headers = ()
    ) -> FastAnswer | None:
        """The answer, or None when MLServer has to look at the request, or a thread at one of more rows.

        `header_length` is how many bytes of the body are JSON, where a client has said so.
        """
        began = perf_counter()
        try:
            request = (
                orjson.loads(body) if header_length is None else split_request(body, header_length.decode("latin-1"))
            )
            if not (request.keys() <= _KNOWN_KEYS and plain(request) and _is_id(request.get("id"))):
                return None
            outputs = self._wanted(request)
            encoded = self._rows.read(request["inputs"], max_rows) if outputs else None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, BadRequest):
            return None
        if encoded is None or outputs is None or (encoded.unseen and self._is_strict):
            return None
        pen, trial, others = self._pen, self._answering.trial, None
        if trial is None:
            ensemble, members = pen.outputs.evaluate(encoded.matrix)
            own = ensemble
        else:
            key = key_in(headers, trial.sticky)
            ensemble, members, candidate, own, others = trial.score(encoded.matrix, key, outputs)
            pen = pen if candidate is None else self._candidate_pen(candidate)
        log = self._answering.predictions
        customer = None if log is None else key_in(headers, log.customer)
        self._answering.tell(trial, encoded, customer, own, others)
        written, length = _write(pen, request, pen.outputs.of(ensemble, members, outputs), encoded.unseen)
        return FastAnswer(written, length, pen.counts, len(encoded.matrix), perf_counter() - began)

    def _candidate_pen(self, candidate: PackedTable) -> _Pen:
        pen = self._candidate_pens.get(candidate)
        if pen is None:
            pen = _Pen(ModelName(self._model.name, candidate.version), candidate.asked)
            self._candidate_pens = {candidate: pen}
        return pen

    def _wanted(self, request: Json) -> list[str] | None:
        asked = request.get("outputs")
        if asked is None or asked == []:
            return [PROBABILITY]
        if type(asked) is not list:
            return None
        names = [output["name"] for output in asked if plain(output)]
        usual = len(names) == len(asked) == len(set(names)) and self._pen.tensors.keys() >= set(names)
        return names if usual else None


def _write(
    pen: _Pen, request: Json, columns: Mapping[str, NDArray[Any]], unseen: Mapping[str, int]
) -> tuple[bytes, int | None]:
    parts = [pen.head]
    if (given := request.get("id")) is not None:
        parts += [b',"id":', orjson.dumps(given)]
    if unseen:
        count_unseen(unseen)
        parts += [b',"parameters":', orjson.dumps(unseen_parameters(unseen))]
    contents = {}
    if "outputs" in request or "parameters" in request:
        # Where a client says that it wants bytes. Most say nothing, and a look at it costs a tenth of their answer.
        wanted = wanted_binary(request)
        contents = {name: values.tobytes() for name, values in columns.items() if wanted.wants(name)}
    tensors = [_tensor(pen, name, values, contents.get(name)) for name, values in columns.items()]
    parts += [b',"outputs":[', b",".join(tensors), b"]}"]
    json = b"".join(parts)
    return (b"".join([json, *contents.values()]), len(json)) if contents else (json, None)


def _tensor(pen: _Pen, name: str, values: NDArray[Any], content: bytes | None) -> bytes:
    """As the JSON's last field its data, or how many bytes of them follow the JSON."""
    if content is None:
        last = b'"data":' + orjson.dumps(values.tolist())
    else:
        last = b'"parameters":{"binary_data_size":%d}' % len(content)
    begin, datatype = pen.tensors[name]
    return b"%b%d%b%b}" % (begin, len(values), datatype, last)


def _type(name: str) -> bytes:
    return b'],"datatype":"%b",' % (Datatype.BOOL if name == DECISION else Datatype.FP64).encode()


def _is_id(given: Any) -> bool:
    return given is None or type(given) is str

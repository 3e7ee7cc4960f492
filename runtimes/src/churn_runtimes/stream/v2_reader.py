"""From a V2 inference request in JSON, which a message's content type says it is, to encoded rows.

Read as REST reads one: by its fast path's reader, and by MLServer's types and `decode_rows` whatever that leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from churn_models.encoding import Encoded
from churn_models.errors import OutputUnknown
from churn_models.feature_schema import FeatureSchema
from churn_models.known_codes import KnownCodes
from churn_models.outputs import Outputs
from mlserver.types import InferenceRequest
from pydantic import ValidationError

from churn_runtimes.limits import Limits
from churn_runtimes.stream.message import Headers
from churn_runtimes.stream.unscorable import Unscorable
from churn_runtimes.v2.errors import BadRequest, TooLarge
from churn_runtimes.v2.json_rows import JsonRows
from churn_runtimes.v2.not_json import not_json
from churn_runtimes.v2.rows import decode_rows
from churn_runtimes.v2.tensor import from_mlserver

V2_JSON = "application/vnd.v2-inference+json"
"""The content type of such messages, and of their answers. V2 itself names none but JSON, which plain rows are too."""
_SHOWN = 5
_TOP_REASONS = "top_reasons"


@dataclass(frozen=True)
class V2Request:
    """What one asks for: rows, their unseen categories, the answer's id, and outputs (none: the worker's own)."""

    encoded: Encoded
    id: str | None
    outputs: Sequence[str]


class V2Reader:
    """Reads requests for one ensemble."""

    def __init__(self, schema: FeatureSchema, outputs: Outputs) -> None:
        self._schema = schema
        self._outputs = outputs
        self._usual = JsonRows(schema)
        self._known = KnownCodes(schema)

    def read(self, body: bytes | None) -> V2Request:
        """One message. Raises Unscorable, with the text that REST gives."""
        request = _parsed(body or b"")
        asked = [output.name for output in request.outputs or ()]
        if request.parameters and _TOP_REASONS in (request.parameters.model_extra or {}):
            raise Unscorable(f"parameter {_TOP_REASONS}: reasons are an option of the worker here, --top-reasons")
        try:
            encoded = self._encoded(body or b"") or self._decoded(request)
            return V2Request(encoded, request.id, self._outputs.wanted(asked) if asked else ())
        except (BadRequest, TooLarge, OutputUnknown) as error:
            raise Unscorable(str(error)) from error

    def _encoded(self, body: bytes) -> Encoded | None:
        try:
            return self._usual.read(orjson.loads(body)["inputs"], Limits.rows)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
            return None

    def _decoded(self, request: InferenceRequest) -> Encoded:
        return decode_rows(self._schema, self._known, from_mlserver(request.inputs), Limits.rows)


def is_v2(headers: Headers) -> bool:
    """Whether a content type among them says so, whatever parameters follow it."""
    return any(
        name.lower() == "content-type" and (value or b"").partition(b";")[0].strip().lower() == V2_JSON.encode()
        for name, value in headers
    )


def _parsed(body: bytes) -> InferenceRequest:
    try:
        return InferenceRequest.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise Unscorable(not_json(error.doc, error.pos, error.msg)) from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors()]
        raise Unscorable("; ".join(faults[:_SHOWN])) from error

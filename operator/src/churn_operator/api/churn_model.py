"""A ChurnModel as the API server gives it, read into types."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus
from churn_operator.api.tolerant import left_out, read_tolerantly


@dataclass(frozen=True)
class Resource:
    """What can be read of every live custom resource."""

    name: str
    namespace: str
    uid: str
    created: str
    generation: int
    deleting: bool
    status: ChurnModelStatus


@dataclass(frozen=True)
class ChurnModel(Resource):
    """One whose spec says what to serve."""

    spec: ChurnModelSpec
    not_understood: tuple[str, ...] = ()
    """Fields of the spec whose values mean nothing to this operator, and count as not given."""


@dataclass(frozen=True)
class UnreadableModel(Resource):
    """One whose spec names no model that this operator understands; another version of the CRD let it in."""

    faults: tuple[str, ...]
    """Places in the spec, and what is wrong there."""


def parse_churn_model(body: dict[str, Any]) -> ChurnModel | UnreadableModel:
    """Read a live object; what another version of the operator or of the CRD wrote is understood as far as it goes."""
    metadata, spec = body["metadata"], body.get("spec") or {}
    found = Resource(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        created=metadata.get("creationTimestamp", ""),
        generation=metadata["generation"],
        deleting="deletionTimestamp" in metadata,
        status=read_tolerantly(ChurnModelStatus, body.get("status") or {}),
    )
    faults = left_out(ChurnModelSpec, spec)
    try:
        return ChurnModel(**vars(found), spec=read_tolerantly(ChurnModelSpec, spec), not_understood=faults)
    except ValidationError:
        return UnreadableModel(**vars(found), faults=faults)

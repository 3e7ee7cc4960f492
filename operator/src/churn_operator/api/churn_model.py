"""A ChurnModel as the API server gives it, read into types."""

from dataclasses import dataclass
from typing import Any

from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus
from churn_operator.api.tolerant import left_out, read_tolerantly


@dataclass(frozen=True)
class ChurnModel:
    """One live custom resource."""

    name: str
    namespace: str
    uid: str
    generation: int
    deleting: bool
    spec: ChurnModelSpec
    status: ChurnModelStatus
    not_understood: tuple[str, ...] = ()
    """Fields of the spec whose values mean nothing to this operator, and count as not given."""


def parse_churn_model(body: dict[str, Any]) -> ChurnModel:
    """Read a live object; what another version of the operator or of the CRD wrote is understood as far as it goes."""
    metadata = body["metadata"]
    return ChurnModel(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        generation=metadata["generation"],
        deleting="deletionTimestamp" in metadata,
        spec=read_tolerantly(ChurnModelSpec, body["spec"]),
        status=read_tolerantly(ChurnModelStatus, body.get("status") or {}),
        not_understood=left_out(ChurnModelSpec, body["spec"]),
    )

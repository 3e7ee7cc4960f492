"""A ChurnModel as the API server gives it, read into types."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus


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


def parse_churn_model(body: dict[str, Any]) -> ChurnModel:
    """Read a live object. A status that is not ours to read counts as none: it is written anew."""
    metadata = body["metadata"]
    return ChurnModel(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        generation=metadata["generation"],
        deleting="deletionTimestamp" in metadata,
        spec=ChurnModelSpec.model_validate(body["spec"]),
        status=_status(body.get("status") or {}),
    )


def _status(body: dict[str, Any]) -> ChurnModelStatus:
    try:
        return ChurnModelStatus.model_validate(body)
    except ValidationError:
        return ChurnModelStatus()

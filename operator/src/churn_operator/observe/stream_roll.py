"""How the workers of spec.stream come to another version, as their StatefulSet keeps it: for whoever decides next.

Template, partition and these words are written at once, so an operator that ends in between leaves nothing half done.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from churn_operator.api.manifest import Manifest
from churn_operator.names import COMPARED_WITH_ANNOTATION, HELD_BACK_ANNOTATION


@dataclass(frozen=True)
class HeldBack:
    """A version that was found worse at its first worker; the workers stay with the one before."""

    revision: str
    version: str
    reason: str
    message: str
    retry: str = ""
    """spec.rollout.retry at that time: another token has it tried again."""


@dataclass(frozen=True)
class StreamRoll:
    """Of one StatefulSet; as it is, nothing is compared and each worker follows the one before it."""

    compared_with: str = ""
    """The revision of the other workers, while the first one of the template's is compared with them."""
    partition: int = 0
    """Workers from this ordinal on take the template."""
    held_back: HeldBack | None = None

    def annotations(self) -> dict[str, str]:
        """Of the StatefulSet."""
        told = {}
        if self.compared_with:
            told[COMPARED_WITH_ANNOTATION] = self.compared_with
        if self.held_back:
            told[HELD_BACK_ANNOTATION] = json.dumps(asdict(self.held_back), sort_keys=True)
        return told


def read_stream_roll(stateful_set: Manifest) -> StreamRoll:
    """What cannot be read counts as not there."""
    told: Mapping[str, str] = stateful_set["metadata"].get("annotations") or {}
    rolling = stateful_set["spec"].get("updateStrategy", {}).get("rollingUpdate") or {}
    return StreamRoll(
        compared_with=told.get(COMPARED_WITH_ANNOTATION, ""),
        partition=rolling.get("partition", 0),
        held_back=_held_back(told.get(HELD_BACK_ANNOTATION, "")),
    )


def _held_back(text: str) -> HeldBack | None:
    try:
        found = json.loads(text)
        told = {one.name: found[one.name] for one in fields(HeldBack)}
    except (ValueError, KeyError, TypeError):
        return None
    return HeldBack(**told) if all(isinstance(value, str) for value in told.values()) else None

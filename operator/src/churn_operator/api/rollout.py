"""spec.rollout: how a new version takes over."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Duration, lasts


class Strategy(StrEnum):
    """How a new version takes over."""

    DIRECT = "Direct"  # a rolling update: old pods answer until the new ones are ready
    CANARY = "Canary"  # a growing share of requests, promoted by evidence
    SHADOW = "Shadow"  # scores every request beside the stable version, answers none


class Rollout(ApiModel):
    """How a new version takes over from the one that answers."""

    rules: ClassVar[list[Rule]] = [
        ("self.strategy == 'Direct'", "strategies Canary and Shadow are not available yet; use Direct"),
        # The Deployment's own deadline counts seconds in 32 bits and must be longer than its minReadySeconds.
        (
            lasts("progressDeadline", "10s", "24h"),
            "progressDeadline must be from 10s to 24h",
        ),
    ]

    strategy: Strategy = Field(
        default=Strategy.DIRECT,
        description="Direct: a rolling update without unavailable pods. The old version answers until every new pod "
        "has verified its bundle and reproduced training's scores; a version that cannot is rejected, and the old one "
        "stays.",
    )
    progress_deadline: Duration = Field(
        default="5m",
        description="How long a new version may take to get ready before it is rejected, such as 90s or 5m.",
    )
    retry: Annotated[str, StringConstraints(min_length=1, max_length=63)] | None = Field(
        default=None,
        description="Any word. A rejected version is tried again when this word is another one than at its rejection.",
    )

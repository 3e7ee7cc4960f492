"""status.rollout: how far a version that is tried has come, by what the pods report and not by what was asked."""

from typing import Annotated

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.quantities import VersionNumber

_Text = Annotated[str, StringConstraints(max_length=1024)]
_Time = Annotated[str, StringConstraints(max_length=40)]
_Word = Annotated[str, StringConstraints(max_length=63)]


class WeightInForce(ApiModel):
    """Percent of requests, over all pods that answered."""

    least: int = Field(description="Of the pod with the least.")
    most: int = Field(description="Of the pod with the most.")


class RolloutProgress(ApiModel):
    """A version that is tried, is in probation, or is being left."""

    phase: _Word = Field(
        description="Verifying, Shadowing, Canary, RollingOut, Promoting, Probation or RollingBack, as in status.state."
    )
    version: VersionNumber = Field(description="The version that is tried; in RollingBack the one that is left.")
    step: int | None = Field(default=None, description="Which of the steps it is at, from 1.")
    steps: int | None = Field(default=None, description="How many steps there are.")
    weight: int | None = Field(
        default=None,
        description="Percent of the requests that it is meant to answer; in RollingBack, that the version before is.",
    )
    in_force: WeightInForce | None = Field(
        default=None, description="What pods report that they do. Absent where no pod has told."
    )
    pods: int | None = Field(default=None, description="Serving pods that told what they do within a second.")
    pairs: int | None = Field(default=None, description="Rows of this step that both versions have scored.")
    min_pairs: int | None = Field(default=None, description="How many of them the gates need.")
    verdict: _Word | None = Field(default=None, description="pass, fail or unknown, by the gates.")
    message: _Text | None = Field(default=None, description="What the gates found, or what it waits for.")
    since: _Time = Field(description="When this phase or step began.")
    next_look: _Time | None = Field(
        default=None,
        description="When it can go on at the earliest. Absent where only evidence or a person is waited for.",
    )

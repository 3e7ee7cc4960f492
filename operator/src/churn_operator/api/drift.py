"""spec.drift: whether a sidecar in every pod that serves or scores a topic counts what comes in, and when a difference
is an alarm."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Duration, lasts
from churn_operator.api.resources import ComputeResources


class Engine(StrEnum):
    """What judges a pod's own windows in its sidecar; the operator judges the counts of all pods either way."""

    NATIVE = "Native"  # numpy and scipy, in the serving image
    ALIBI_DETECT = "AlibiDetect"  # alibi-detect's TabularDrift, in an image of its own and under a licence of its own


class DriftWindow(ApiModel):
    """How many requests are judged together."""

    rules: ClassVar[list[Rule]] = [
        ("self.minRows <= self.rows", "minRows must be at most rows"),
        (lasts("maxAge", "1m", "168h"), "maxAge must be from 1m to 168h"),
    ]

    rows: int = Field(
        default=1000, ge=100, le=1_000_000, description="Rows after which a window is judged, once it is a minute old."
    )
    min_rows: int = Field(
        default=300,
        ge=50,
        le=1_000_000,
        description="With so many rows a window is judged when it is maxAge old. With fewer it goes on for up to seven "
        "days: too few rows are no evidence.",
    )
    max_age: Duration = Field(
        default="15m", description="How old a window of minRows rows becomes before it is judged, such as 15m or 24h."
    )


class Persistence(ApiModel):
    """In how many windows a difference has to be seen."""

    rules: ClassVar[list[Rule]] = [
        ("self.breaches <= self.windows", "breaches must be at most windows"),
    ]

    breaches: int = Field(default=2, ge=1, le=8, description="Windows that differ, of the last `windows`.")
    windows: int = Field(default=3, ge=1, le=8, description="How many of the last windows are looked at.")


class Drift(ApiModel):
    """How what is asked is compared with what the version was trained on."""

    rules: ClassVar[list[Rule]] = [
        # The API server rounds a bound for whole numbers, so that it lets 0 pass.
        ("self.significance > 0.0 && self.effect > 0.0", "significance and effect must be above 0"),
    ]

    engine: Engine = Field(
        default=Engine.NATIVE,
        description="Judges the windows of each pod in its sidecar. Native: numpy and scipy. AlibiDetect: alibi-detect "
        "in an image of its own; its licence (BSL 1.1) allows production use to non-profit educational institutions "
        "only, unless you have a contract with Seldon. What the operator does follows from the counts of all pods, "
        "whatever the engine.",
    )
    window: DriftWindow = Field(default=DriftWindow(), description="How many requests are judged together.")
    significance: float = Field(
        default=0.01,
        ge=0.00001,
        le=0.1,
        description="Largest p-value of an alarm, adjusted for the number of features.",
    )
    effect: float = Field(
        default=0.1,
        ge=0.01,
        le=1.0,
        description="Least distance of an alarm: for a number Kolmogorov and Smirnov's, for a category the largest "
        "difference of one share. A population stability index above 0.1, and above what chance explains, is as much. "
        "What is significant and smaller than this changes nothing.",
    )
    persistence: Persistence = Field(
        default=Persistence(), description="In how many windows a difference has to be seen before it is an alarm."
    )
    resources: ComputeResources | None = Field(
        default=None,
        description="CPU and memory of the sidecar. Default: 20m of at most 250m, and 160Mi (AlibiDetect: 300Mi).",
    )

"""spec.rollout: how a new version takes over, by which steps and gates, and how long the one before stays loaded."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Duration, VersionNumber, lasts


class Strategy(StrEnum):
    """How a new version takes over."""

    DIRECT = "Direct"  # a rolling update: old pods answer until the new ones are ready
    CANARY = "Canary"  # a growing share of requests, promoted by evidence
    SHADOW = "Shadow"  # scores requests beside the stable version, answers none


class Step(ApiModel):
    """One step of a Canary or a Shadow."""

    rules: ClassVar[list[Rule]] = [
        (lasts("hold", "0s", "168h"), "hold must be at most 168h"),
    ]

    weight: int = Field(
        ge=1,
        le=100,
        description="Canary: percent of the requests that the candidate answers, all of which both versions score. "
        "Shadow: percent of the requests that both score; the stable version answers all of them.",
    )
    hold: Duration = Field(
        default="5m",
        description="How long the step lasts at least, such as 90s, 5m or 2h. It lasts longer while gates.minPairs "
        "rows have not been scored by both.",
    )


class Gates(ApiModel):
    """What the requests that both versions scored have to show before a step ends."""

    min_pairs: int = Field(
        default=200,
        ge=20,
        le=1_000_000,
        description="Rows that both versions must have scored in a step. With fewer, nothing is promoted and nothing "
        "is rejected for its scores: the rollout waits, and says so.",
    )
    max_error_ratio: float = Field(
        default=0.01,
        ge=0.0,
        le=1.0,
        description="Most faults of the candidate per request that both scored: scoring that fails, scores that are "
        "no numbers or lie outside of 0 to 1. 0.01 is one in a hundred.",
    )
    max_score_psi: float = Field(
        default=0.2,
        ge=0.0,
        le=10.0,
        alias="maxScorePSI",
        description="Largest population stability index of the candidate's scores against the stable version's. Where "
        "the version has a comparison.json with this stable version, its figure plus 0.1 counts instead.",
    )
    min_rank_correlation: float = Field(
        default=0.9,
        ge=-1.0,
        le=1.0,
        description="Least rank correlation (Spearman) of both versions' scores. Where the version has a "
        "comparison.json with this stable version, its figure minus 0.05 counts instead.",
    )


class Rollout(ApiModel):
    """How a new version takes over from the one that answers."""

    rules: ClassVar[list[Rule]] = [
        # The Deployment's own deadline counts seconds in 32 bits and must be longer than its minReadySeconds.
        (
            lasts("progressDeadline", "10s", "24h"),
            "progressDeadline must be from 10s to 24h",
        ),
        (lasts("probation", "0s", "168h"), "probation must be at most 168h; 0s is none"),
        (
            "self.steps.map(s, s.weight).isSorted() && self.steps.all(s, self.steps.exists_one(t, t.weight == "
            "s.weight))",
            "the weights of steps must rise from step to step",
        ),
    ]

    strategy: Strategy = Field(
        default=Strategy.DIRECT,
        description="Direct: a rolling update without unavailable pods. The old version answers until every new pod "
        "has verified its bundle and reproduced training's scores; a version that cannot is rejected, and the old one "
        "stays. Canary: the stable pods score with the new version too, which answers a growing share of the requests, "
        "step by step; the rolling update follows once all steps have passed. Shadow: the same, but it answers nothing "
        "before the rolling update. What differs in more than the bundle (image, resources, pod options) is rolled out "
        "like Direct, whatever is asked here.",
    )
    steps: Annotated[list[Step], Field(min_length=1, max_length=10)] = Field(
        default=[Step(weight=5, hold="2m"), Step(weight=25, hold="5m"), Step(weight=50, hold="5m")],
        description="Steps of Canary and Shadow, with rising weights. A change while a version is tried counts from "
        "its next step on.",
    )
    gates: Gates = Field(
        default=Gates(),
        description="What a step has to show before the next one begins, and what takes a version back at once.",
    )
    probation: Duration = Field(
        default="1h",
        description="How long the version before stays loaded in the new pods after a promotion, so that both can be "
        "compared and requests go back to it within seconds. 0s: not at all.",
    )
    sticky: (
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$", min_length=1, max_length=64)] | None
    ) = Field(
        default=None,
        description="Name of a request header, or else of a parameter of the request, in lower case: requests with the "
        "same value of it are answered by the same version throughout a step. Without it requests are spread evenly.",
    )
    approve: VersionNumber | None = Field(
        default=None,
        description="A person's yes to a challenger that waits for one (spec.loop.promote Suggest): its version, such "
        'as "7". It counts for no other version.',
    )
    progress_deadline: Duration = Field(
        default="5m",
        description="How long a new version may take to get ready before it is rejected, such as 90s or 5m.",
    )
    retry: Annotated[str, StringConstraints(min_length=1, max_length=63)] | None = Field(
        default=None,
        description="Any word. A rejected version is tried again when this word is another one than at its rejection.",
    )

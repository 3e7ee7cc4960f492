"""ChurnModel.spec: what a user asks for. Descriptions here are what `kubectl explain` shows.

`rules` of a class become CEL rules of its schema (`crd.py`); bounds of a field become OpenAPI bounds.
"""

from typing import ClassVar

from pydantic import Field

from churn_operator.api.base import ApiModel
from churn_operator.api.batch import Batch
from churn_operator.api.drift import Drift
from churn_operator.api.labels import Labels
from churn_operator.api.loop import Loop
from churn_operator.api.model_source import ModelSource
from churn_operator.api.pod_options import PodOptions, Rule
from churn_operator.api.rollout import Rollout
from churn_operator.api.serving import Serving
from churn_operator.api.stream import Stream
from churn_operator.api.training import Training


class ChurnModelSpec(ApiModel):
    """What to serve and how."""

    rules: ClassVar[list[Rule]] = [
        (
            "!has(self.training) || (!has(self.model.version) && (!has(self.model.alias) || self.model.alias == "
            "'champion'))",
            "training makes the first version of the alias champion; with another alias or a version, leave it out",
        ),
        (
            "self.serving.placement != 'Distributed' || self.rollout.strategy == 'Direct'",
            "strategies Canary and Shadow try a version inside the stable pods, which placement Distributed cannot: "
            "its pods do not hold the members; use strategy Direct",
        ),
        (
            "!has(self.drift) || self.serving.placement != 'Distributed'",
            "drift counts rows in a sidecar of pods that hold all members, which placement Distributed does not have; "
            "leave drift out, or use placement Colocated",
        ),
        (
            "!has(self.labels) || self.labels.sample == 0.0 || has(self.rollout.sticky)",
            "labels.sample keeps predictions of customers, which requests name by the header or parameter "
            "rollout.sticky; set it",
        ),
        (
            "!has(self.labels) || self.labels.sample == 0.0 || self.serving.placement != 'Distributed'",
            "labels.sample keeps predictions of pods that hold all members, which placement Distributed does not have; "
            "leave it out, or use placement Colocated",
        ),
    ]

    model: ModelSource = Field(description="Which registered model to serve.")
    training: Training | None = Field(
        default=None, description="How to train the first version when the model has none. Without it, wait for one."
    )
    serving: Serving = Field(default=Serving(), description="Replicas, resources and placement of the servers.")
    batch: Batch | None = Field(
        default=None,
        description="A whole table to score by schedule with the stable version, suspended while the model is paused.",
    )
    stream: Stream | None = Field(
        default=None,
        description="A Kafka topic to score into another one with the stable version, by pods besides the servers.",
    )
    pod: PodOptions | None = Field(
        default=None,
        description="Scheduling, labels, environment and the like of every pod of the model, those of Jobs too. What "
        "it does not say is as the operator's defaults have it.",
    )
    rollout: Rollout = Field(default=Rollout(), description="How a new version takes over.")
    drift: Drift | None = Field(
        default=None,
        description="How what is asked is compared with what the version was trained on, by a sidecar in every pod "
        "that serves or scores a topic. Without it there is no sidecar, and nothing is decided from drift.",
    )
    labels: Labels | None = Field(
        default=None,
        description="When it is known who has left. With it the operator asks the labels' process what became of "
        "customers; without it nobody does.",
    )
    loop: Loop = Field(default=Loop(), description="What happens without a person.")
    paused: bool = Field(
        default=False, description="Hold everything as it is: keep serving, but roll nothing out and train nothing."
    )

"""spec.labels: how long it takes until it is known who has left, and of whom predictions are kept until then."""

from typing import ClassVar

from pydantic import Field

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Duration, lasts


class Labels(ApiModel):
    """What late labels mean for this model."""

    rules: ClassVar[list[Rule]] = [(lasts("delay", "1h", "17520h"), "delay must be from 1h to 17520h (two years)")]

    delay: Duration = Field(
        description="How long after a score it is known whether the customer left, such as 1440h for 60 days: the "
        "label_delay of the model's schema. Customers who leave later count as having stayed."
    )
    sample: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Share of the customers whose scores the serving pods post to the labels' process, which keeps "
        "them until labels come: time, both versions' scores and a hash of the identity, never the identity. A request "
        "of one row names its customer by the header or parameter that rollout.sticky names. 0: of nobody. Where the "
        "schema has no time, training keeps the same customers for judgement, so that up to its holdout (0.2) no "
        "version was fitted on any of them. The pods need the key predictions-token of the Secret churn-labels in "
        "their namespace. A change is a rolling update.",
    )

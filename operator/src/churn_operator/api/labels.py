"""spec.labels: how long it takes until it is known who has left; without it no label is asked for."""

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

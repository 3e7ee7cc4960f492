"""DriftReport: what one serving pod's drift sidecar saw. The sidecar alone writes it; its pod owns it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.quantities import Name

Time = Annotated[str, StringConstraints(max_length=40)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class FeatureWindow(ApiModel):
    """One feature in one window."""

    name: Annotated[str, StringConstraints(max_length=253)] = Field(description="Feature as in schema.json.")
    p_value: Ratio = Field(description="Probability of such a difference without drift, as the pod's engine says.")
    distance: Annotated[float, Field(ge=0)] = Field(description="How far the window is from the reference.")
    missing_ratio: Ratio = Field(description="Share of rows without a value.")
    unseen_ratio: Ratio = Field(description="Share of rows with a category that training has not seen.")
    counts: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=1024)] = Field(
        description="Rows per bin on the reference's edges, so that pods can be added up."
    )


class Window(ApiModel):
    """One closed window of requests."""

    start: Time = Field(description="First request.")
    end: Time = Field(description="Last request.")
    rows: int = Field(ge=1, description="Rows in the window.")
    lost: int = Field(default=0, ge=0, description="Rows that the tap dropped meanwhile.")
    features: Annotated[list[FeatureWindow], Field(max_length=1024)] = Field(description="One entry per feature.")


class DriftReportSpec(ApiModel):
    """What the report is about."""

    model: Name = Field(description="The ChurnModel.")
    revision: Name = Field(description="The revision that the pod serves.")


class DriftReportStatus(ApiModel):
    """What was seen."""

    windows: Annotated[list[Window], Field(max_length=8)] = Field(
        default=[], description="The last closed windows, newest first."
    )

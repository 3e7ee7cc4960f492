"""DriftReport: what the drift sidecars of one revision saw, all pods together. The operator alone writes it.

`decide/drift/report` makes its status, and reads it back when another operator goes on. The record of the revision
owns it.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.quantities import Name

LARGEST_CHECKPOINT = 400_000
"""Characters; an object of Kubernetes holds about 1.5 MB."""

Time = Annotated[str, StringConstraints(max_length=40)]
Word = Annotated[str, StringConstraints(pattern="^[A-Za-z]*$", max_length=20)]
Text = Annotated[str, StringConstraints(max_length=1024)]
Label = Annotated[str, StringConstraints(max_length=253)]
Rows = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Distance = Annotated[float, Field(ge=0)]
Figures = Annotated[dict[str, float], Field(max_length=16)]


class FeatureReport(ApiModel):
    """One feature in one window."""

    name: Label = Field(description="Feature as in schema.json.")
    p_adjusted: Share = Field(
        description="Probability of such a difference without drift, adjusted for the number of features."
    )
    distance: Distance = Field(
        description="How far it is from training's: Kolmogorov and Smirnov's D, or the most that a category's share "
        "differs."
    )
    psi: Distance = Field(description="Population stability index.")
    psi_bound: Distance = Field(description="What the index has to exceed to count.")
    missing: Share = Field(description="Share of rows without a value.")
    unseen: Share = Field(description="Share of rows with a category that training has not seen.")
    fault: Annotated[str, StringConstraints(max_length=40)] = Field(
        default="", description="What is wrong with the values on their way here; empty where nothing is."
    )


class FindingReport(ApiModel):
    """One signal in one window."""

    signal: Word = Field(description="Feed, Input, Score, Estimate or OddPod.")
    outcome: Word = Field(description="Fired, Between, Clear or Skipped.")
    message: Text = Field(default="", description="Why, in a sentence.")
    names: Annotated[list[Label], Field(max_length=20)] = Field(default=[], description="Features or pods that fired.")


class WindowReport(ApiModel):
    """One judged window: rows of all pods between two times."""

    start: Time = Field(description="When its first rows were seen.")
    end: Time = Field(description="When it was judged.")
    rows: Rows = Field(description="Rows in the window.")
    dropped: Rows = Field(default=0, description="Rows that were to be counted meanwhile and are not.")
    findings: Annotated[list[FindingReport], Field(max_length=8)] = Field(default=[], description="One per signal.")
    features: Annotated[list[FeatureReport], Field(max_length=20)] = Field(
        default=[], description="The features that are furthest from training, the worst first."
    )


class SignalReport(ApiModel):
    """One signal after the last window."""

    signal: Word = Field(description="Feed, Input, Score, Estimate or OddPod.")
    verdict: Word = Field(description="Pass, Fail or Unknown.")
    since: Time = Field(default="", description="When the verdict became this one.")
    message: Text = Field(default="", description="Why, in a sentence.")
    figures: Figures = Field(default={}, description="Of the last window.")
    fired: Rows = Field(default=0, description="Windows in which it fired, of the last ones.")
    looked: Rows = Field(default=0, description="Those of the last windows that could be judged.")
    began: Time = Field(default="", description="Start of the first window of the alarm; empty without one.")


class DriftReportSpec(ApiModel):
    """What the report is about."""

    model: Name = Field(description="The ChurnModel.")
    revision: Name = Field(description="The revision that the pods serve.")


class DriftReportStatus(ApiModel):
    """What was seen."""

    digest: Annotated[str, StringConstraints(max_length=80)] = Field(
        default="", description="Of the revision's bundle."
    )
    judged: Rows = Field(default=0, description="Windows since the revision began to serve.")
    lost: Rows = Field(default=0, description="Rows that were counted and are in no window.")
    restarts: Rows = Field(default=0, description="Sidecars that began anew without a new process of theirs.")
    unseen_since: Time = Field(default="", description="Since when every window has had unseen categories.")
    reference_stale_since: Time = Field(
        default="", description="When the revision's first three windows had all drifted."
    )
    signals: Annotated[list[SignalReport], Field(max_length=8)] = Field(default=[], description="One per signal.")
    windows: Annotated[list[WindowReport], Field(max_length=8)] = Field(
        default=[], description="The last judged windows, newest first."
    )
    rows: Rows = Field(default=0, description="Rows of the window that is not over yet.")
    begun: Time = Field(default="", description="When its first rows were seen.")
    checkpoint: Annotated[str, StringConstraints(max_length=LARGEST_CHECKPOINT)] = Field(
        default="",
        description="Counts of that window, packed (base64 of zlib of JSON), so that another operator can go on.",
    )

"""spec.loop: what the operator does by itself when the registry or the evidence asks for it."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Duration, lasts


class Mode(StrEnum):
    """What becomes of an action that evidence asks for, and no person has."""

    AUTO = "Auto"  # it is taken
    SUGGEST = "Suggest"  # it waits for a person's yes
    OBSERVE = "Observe"  # it is recorded once as what would have been done


class Loop(ApiModel):
    """What happens without a person."""

    rules: ClassVar[list[Rule]] = [
        (lasts("retrainEvery", "0s", "8760h"), "retrainEvery must be at most 8760h; 0s is never"),
        (lasts("cooldown", "1m", "8760h"), "cooldown must be from 1m to 8760h"),
    ]

    rollback: Mode = Field(
        default=Mode.AUTO,
        description="What is done when late labels show that the version that answers is worse than the one before it "
        "on the same rows. Auto: requests go back to that one while it is still loaded; later it is tried again like a "
        "challenger. Suggest: that waits until spec.loop.approve names it. Observe: it is only recorded. A version "
        "that fails or is slow during its rollout is taken back whatever is said here.",
    )
    freeze: Mode = Field(
        default=Mode.AUTO,
        description="What is done while the rows that come in are broken: values missing, unseen, constant, out of "
        "range or of another scale. Auto: no retraining and no promotion begins, and the clock of a canary stands "
        "still, until the rows are good again. Suggest: that waits until spec.loop.approve names it. Observe: it is "
        "only recorded.",
    )
    retrain: Mode = Field(
        default=Mode.AUTO,
        description="What is done when labels, time or drift ask for another training by spec.training. Auto: one Job "
        "makes a challenger, which spec.loop.promote is about. Suggest: that waits until spec.loop.approve names it. "
        "Observe: it is only recorded.",
    )
    promote: Mode = Field(
        default=Mode.SUGGEST,
        description="What becomes of a version that training made newer than the champion (alias challenger), where "
        "spec.model follows champion. Auto: it is tried by spec.rollout and promoted when it passes. Suggest: it is "
        "tried, and waits at its last step until spec.rollout.approve names it. Observe: nothing; a person moves "
        "champion.",
    )
    retrain_every: Duration = Field(
        default="720h",
        description="How long after the last training another one begins, where 1,000 new labels have become mature "
        "since then, such as 720h; 0s is never.",
    )
    retrain_on_drift: bool = Field(
        default=True,
        description="Whether an alarm of spec.drift asks for another training. It never does more than that.",
    )
    cooldown: Duration = Field(default="24h", description="Least time between two trainings that evidence asked for.")
    max_per_7_days: int = Field(
        default=2,
        ge=1,
        le=100,
        alias="maxPer7Days",
        description="Most trainings that evidence asks for within seven days.",
    )
    approve: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=63)] | None = Field(
        default=None,
        description="A person's yes to an action that waits for one, by the name that status and Event give it, such "
        "as retrain-3f2a9c1b. It counts for no other action.",
    )

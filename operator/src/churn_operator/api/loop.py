"""spec.loop: what the operator does by itself when the registry or the evidence asks for it."""

from enum import StrEnum

from pydantic import Field

from churn_operator.api.base import ApiModel


class Promote(StrEnum):
    """What becomes of a challenger that nobody asked for."""

    AUTO = "Auto"  # it is tried, and promoted when it passes
    SUGGEST = "Suggest"  # it is tried, and waits at its last step for a person's yes
    OBSERVE = "Observe"  # it is left alone


class Loop(ApiModel):
    """What happens without a person."""

    promote: Promote = Field(
        default=Promote.SUGGEST,
        description="What becomes of a version that training made newer than the champion (alias challenger), where "
        "spec.model follows champion. Auto: it is tried by spec.rollout and promoted when it passes. Suggest: it is "
        "tried, and waits at its last step until spec.rollout.approve names it. Observe: nothing; a person moves "
        "champion.",
    )

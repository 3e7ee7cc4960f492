"""What was decided about one ChurnModel: the rules give it, the plan and the status follow from it."""

from collections.abc import Callable
from dataclasses import dataclass

from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.decide.actions import Action
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed


@dataclass(frozen=True)
class Verdict:
    """The state with its reason, what is done, and when to look again although nothing has changed."""

    state: State
    reason: Reason
    message: str
    action: Action
    look_again: float | None = None
    """Seconds; None: the next event tells."""
    tells: Deed | None = None
    """What a person has to know, though nothing is changed by it: recorded once."""


Rule = Callable[[Observed, Facts], Verdict | None]
"""Named as the fact that it finds; None where that is not so."""

"""An API server's refusal as the status tells it."""

from churn_operator.api.status import Reason
from churn_operator.decide.applied import Refusal
from churn_operator.errors import Forbidden, Refused


def refusal_of(error: Refused) -> Refusal:
    """With the server's own words."""
    return Refusal(Reason.FORBIDDEN if isinstance(error, Forbidden) else Reason.CHANGE_REFUSED, str(error))

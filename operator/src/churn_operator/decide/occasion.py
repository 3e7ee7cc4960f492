"""Names of what evidence asks for: the same for the same evidence, so that no evidence is acted on twice."""

from enum import StrEnum

from churn_operator.audit.loop import HOLD, Occasion
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed
from churn_operator.fingerprint import fingerprint


class Asks(StrEnum):
    """What is asked for; names begin so."""

    RETRAIN = "retrain"
    FREEZE = "freeze"
    ROLL_BACK = "rollback"
    RECALL = "recall"
    HOLD = HOLD.removesuffix("-")
    ALERT = "alert"


SCHEDULE = "Schedule"
"""The signal of what time asks for."""
LABELS = "Labels"
"""The signal of what labels say."""


def occasion_of(
    observed: Observed, facts: Facts, asks: Asks, signal: str, since: str = "", until: str = ""
) -> Occasion:
    """Named by model, digest, signal and the end of the window; what was told of one finding keeps its name."""
    digest = facts.stable.bundle.digest if facts.stable else ""
    name = f"{asks}-{fingerprint([observed.model.uid, digest, signal, since, until])}"
    return Occasion(name, signal, digest, since, until)

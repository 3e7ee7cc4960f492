"""What a training has to be better than: who asked for it, the champion that serves now, a change that was named."""

from dataclasses import dataclass

from churn_training.asked_by import AskedBy
from churn_training.champion import Champion
from churn_training.unfit_rows import Span


@dataclass(frozen=True)
class Retraining:
    """`schema_change` says why the schema is another than the champion's; without it, another one is refused."""

    asked_by: AskedBy = AskedBy.PERSON
    champion: Champion | None = None
    schema_change: str | None = None
    unfit: tuple[Span, ...] = ()
    """Times in which the feed was broken."""

    def margin(self, allowed: float) -> float:
        """How much AUC the challenger may lose: `allowed` where a person asked, else nothing."""
        return allowed if self.asked_by is AskedBy.PERSON else 0.0


FIRST = Retraining()
"""Of a model that has no champion."""

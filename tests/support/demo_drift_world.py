"""The customers of `make demo-drift`: as they were, from a broken source, in a moved world, with lost outcomes."""

import numpy as np
import pandas as pd
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, Gate, MemberSpec
from churn_models.member_kind import MemberKind

_TRAINED = 4_000
_MOVED_ROWS = 4_000

SMALL = EnsembleSpec(
    name="telco",
    sample_data="telco.csv",
    combine=CombineRule.MEAN,
    members=(
        MemberSpec(name="lightgbm", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 60, "num_leaves": 7}),
        MemberSpec(name="logistic-regression", kind=MemberKind.LOGISTIC_REGRESSION, parameters={"max_iter": 500}),
    ),
    gate=Gate(),
)
"""Small, so that a training takes seconds."""


class World:
    """Raw customers with their outcome."""

    def __init__(self, customers: pd.DataFrame) -> None:
        self._rng = np.random.default_rng(17)
        shuffled = customers.sample(frac=1, random_state=17)
        self.known = shuffled.iloc[:_TRAINED]
        """What the first version is trained on."""
        self._later = shuffled.iloc[_TRAINED:]

    def usual(self, rows: int) -> pd.DataFrame:
        """Customers like those of the training."""
        return self._drawn(self._later, rows)

    def in_cents(self, rows: int) -> pd.DataFrame:
        """The same, from a source that has begun to send cents."""
        frame = self.usual(rows)
        return frame.assign(MonthlyCharges=pd.to_numeric(frame["MonthlyCharges"]) * 100)

    def moved(self, rows: int) -> pd.DataFrame:
        """A rival has come: half of the customers are new and pay more, and now those with long contracts leave."""
        frame = self._drawn(self._later, rows)
        is_new = self._rng.random(rows) < 0.5
        charges = np.where(is_new, self._rng.uniform(85, 110, rows), pd.to_numeric(frame["MonthlyCharges"]))
        tenure = np.where(is_new, self._rng.integers(1, 13, rows), pd.to_numeric(frame["tenure"]))
        # As many as before: a training whose data have quite another rate of churn is refused.
        leaves = self._rng.random(rows) < np.where(frame["Contract"] == "Month-to-month", 0.06, 0.52)
        churn = np.where(leaves, "Yes", "No")
        return frame.assign(MonthlyCharges=charges.round(2), tenure=tenure, Churn=churn)

    def moved_known(self) -> pd.DataFrame:
        """What a retraining finds once the moved world's outcomes are known."""
        return self.moved(_MOVED_ROWS)

    def with_lost_labels(self) -> pd.DataFrame:
        """The same joined to the wrong customers' outcomes: what a bad model is made of."""
        frame = self.moved_known()
        return frame.assign(Churn=self._rng.permutation(frame["Churn"].to_numpy()))

    def _drawn(self, frame: pd.DataFrame, rows: int) -> pd.DataFrame:
        """Customers of their own, each with another identity."""
        drawn = frame.sample(rows, replace=True, random_state=int(self._rng.integers(1 << 31)))
        numbers = self._rng.integers(1 << 40, size=rows)
        return drawn.assign(customerID=[f"{number:011d}" for number in numbers]).reset_index(drop=True)

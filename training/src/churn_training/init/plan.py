"""Everything that `init` has decided about a data set: what schema.yaml is written from and a person is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from churn_models.feature_schema import FeatureSchema, Target

from churn_training.errors import NotDecided
from churn_training.init.guess_identity import ColumnGuess
from churn_training.init.guess_kinds import FeatureGuess, guess_feature
from churn_training.init.guess_target import TargetGuess
from churn_training.init.leakage import reason_to_leave_out
from churn_training.init.profile import TableProfile


@dataclass(frozen=True)
class Plan:
    """`left_out` has the columns that are no features, each with the reason."""

    rows: int
    target: TargetGuess
    identity: ColumnGuess
    time: ColumnGuess
    features: tuple[FeatureGuess, ...]
    left_out: Mapping[str, str]

    @classmethod
    def make(
        cls,
        profile: TableProfile,
        target: TargetGuess,
        identity: ColumnGuess,
        time: ColumnGuess,
        separation: Mapping[str, float],
    ) -> Self:
        """Decide about every column that is not taken yet. Raises NotDecided when no feature is left."""
        taken = {target.name, identity.name, time.name}
        features, left_out = [], {}
        for column in profile.columns:
            if column.name in taken:
                continue
            if reason := reason_to_leave_out(column, separation.get(column.name, 0.5)):
                left_out[column.name] = reason
            else:
                features.append(guess_feature(column))
        if not features:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
            raise NotDecided(f"no column can be a feature: {reasons or 'there is none beside the target'}")
        return cls(profile.rows, target, identity, time, tuple(features), left_out)

    def schema(self) -> FeatureSchema:
        """The schema, with the ranges seen. Raises pydantic's ValidationError, which would be a defect of ours."""
        return FeatureSchema(
            identity=self.identity.name,
            time=self.time.name,
            target=Target(
                name=self.target.name,
                positive=self.target.positive,
                negative=self.target.negative,
                ignore=self.target.ignore,
            ),
            features=tuple(guess.feature for guess in self.features),
        )

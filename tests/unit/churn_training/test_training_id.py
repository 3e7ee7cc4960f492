"""What a repeated training shares: the share of rows that judge belongs to it, also where nobody has written it."""

import pytest
from churn_models.bundle_manifest import DatasetIdentity
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_training.write_bundle import training_id

_DATA = DatasetIdentity(name="customers", rows=100, sha256=f"sha256:{'0' * 64}")
_MEMBERS = (MemberSpec(name="trees", kind=MemberKind.LIGHTGBM),)


def _id(holdout: float | None, time: str | None) -> str:
    target = {"name": "churn", "positive": "yes", "negative": "no"}
    named = {"target": target, "features": [{"kind": "numeric", "name": "months"}], "time": time}
    spec = EnsembleSpec(name="churn", combine=CombineRule.MEAN, members=_MEMBERS, holdout=holdout)
    return training_id(spec, FeatureSchema.model_validate(named), _DATA, 0)


@pytest.mark.parametrize(("time", "usual", "other"), [(None, 0.2, 0.15), ("seen", 0.15, 0.2)])
def test_the_usual_share_is_the_same_as_if_it_were_written(time: str | None, usual: float, other: float) -> None:
    assert _id(None, time) == _id(usual, time) != _id(other, time)

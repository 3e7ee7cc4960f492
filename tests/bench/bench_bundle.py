"""The ensemble that every server of the bench serves: 300 + 300 + 300 trees, trained by our own pipeline."""

from dataclasses import dataclass
from pathlib import Path

from churn_models.bundle import Bundle
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec, load_ensemble
from churn_models.member_kind import MemberKind
from churn_models.scoring.trusted_types import load_skops
from churn_training.train import train
from support.customers import shipped_customers

MODEL = "churn"
_SHIPPED = Path("models/churn")
_TREES = 300
_KINDS = (MemberKind.RANDOM_FOREST, MemberKind.XGBOOST, MemberKind.LIGHTGBM)


@dataclass(frozen=True)
class ForestSize:
    """How large the random forest became; it is most of the work."""

    nodes: int
    depth: int


def train_bundle(output: Path) -> Bundle:
    """Train on the shipped ensemble's sample data, or synthetic rows; every library at its default depth."""
    shipped, schema = load_ensemble(_SHIPPED)
    members = tuple(MemberSpec(name=kind.value, kind=kind, parameters={"n_estimators": _TREES}) for kind in _KINDS)
    spec = EnsembleSpec(name=MODEL, sample_data=shipped.sample_data, combine=CombineRule.MEAN, members=members)
    return train(spec, schema, shipped_customers(spec, schema), seed=0, output=output).bundle


def forest_size(bundle: Bundle) -> ForestSize:
    """Count the forest's nodes."""
    member = next(one for one in bundle.manifest.members if one.kind is MemberKind.RANDOM_FOREST)
    trees = [estimator.tree_ for estimator in load_skops(bundle.folder / member.path).estimators_]
    return ForestSize(sum(tree.node_count for tree in trees), max(tree.max_depth for tree in trees))

"""Candidates that must win no rollout, as whole bundles: every file, digest and golden row of them fits.

Each maker takes a good bundle of the telco schema, such as the champion's, and writes another one beside it: its random
forest alone, changed. `comparison.json` says that it hardly differs from the good one, as a training would say that was
fooled. So fetch, digests, offline gate and, where nothing else is said, the verifier pod accept it; what has to stop it
is said at each. Where the folder is called `bundle`, `churn_training.publish` registers its parent.
"""

import copy
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from churn_models.bundle import Bundle, open_bundle
from churn_models.bundle_manifest import COMPARISON, GOLDEN, MANIFEST, BundleManifest, ManifestFile
from churn_models.combine import CombineRule
from churn_models.comparison import ComparedChampion, Comparison, Difference
from churn_models.digest import digest_of
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from churn_models.golden import GoldenRow, encode_golden
from churn_models.member_kind import MemberKind
from churn_models.scoring.scorer import load_scorer
from churn_models.scoring.trusted_types import load_skops
from sklearn.tree import DecisionTreeClassifier
from support.relist import relist

Forest = Any
"""A RandomForestClassifier; scikit-learn is untyped."""
Maker = Callable[[Bundle, Path], Path]

_BESIDE = {"InternetService": "No", "PhoneService": "Yes", "MultipleLines": "No", "PaymentMethod": "Mailed check"}
_NO_SERVICE = "No internet service"
_ROWS = 4_000
_LEVELS = 17
"""Of a tree that fits no flat table: a step over half of it is more than 65,535 nodes."""


def not_finite(good: Bundle, folder: Path) -> Path:
    """NaN for customers without internet: no golden row is one and, as that takes ten features, no row of the checks at
    load.

    Users: stable answers; the breaker opens; the gate of faults fails. Ends Quarantined.
    """
    codes = struck(good.schema())
    return _spoilt(good, folder, lambda forest: _strike(forest, codes, float("nan")))


def out_of_range(good: Bundle, folder: Path) -> Path:
    """The same with scores above 1."""
    return _spoilt(
        good, folder, lambda forest: _strike(forest, struck(good.schema()), 5.0 * len(forest.estimators_) + 5)
    )


def broken_for_many(good: Bundle, folder: Path) -> Path:
    """NaN for whoever has no phone service: the checks at load meet some. Ends Quarantined, untried (exit code 65)."""
    return _spoilt(
        good, folder, lambda forest: _strike(forest, {good.schema().names.index("PhoneService"): 0.0}, float("nan"))
    )


def inverted(good: Bundle, folder: Path) -> Path:
    """1 - P(churn), as of labels read the wrong way round: the pairs' rank correlation fails. Ends Quarantined."""
    return _spoilt(good, folder, lambda forest: _map(forest, lambda churn: 1.0 - churn))


def shifted(good: Bundle, folder: Path) -> Path:
    """The same ranks, all much higher: the pairs' stability index fails. Ends Quarantined."""
    return _spoilt(good, folder, lambda forest: _map(forest, lambda churn: 0.5 + churn / 2))


def all_equal(good: Bundle, folder: Path) -> Path:
    """0.3 for everybody, as of a feature pipeline that gives nothing: index and ranks fail. Ends Quarantined."""
    return _spoilt(good, folder, lambda forest: _map(forest, lambda churn: np.full_like(churn, 0.3)))


def slow(good: Bundle, folder: Path) -> Path:
    """The right scores by a member that fits no flat table: scikit-learn takes some hundred times as long.

    It cannot be tried in the stable pods, so it is rolled; the serve gate fails. Ends Faulty.
    """
    return _spoilt(good, folder, _outgrow)


def misjudged(good: Bundle, folder: Path) -> Path:
    """Golden rows that it does not score so: its pod never gets ready (exit code 65). Ends Quarantined, untried."""
    made = _spoilt(good, folder, lambda forest: None)
    golden = [row.model_copy(update={"score": min(row.score + 0.1, 1.0)}) for row in open_bundle(made).golden()]
    _write_golden(made, golden)
    relist(made)
    return made


@dataclass(frozen=True)
class BadCandidate:
    """One of them by name."""

    name: str
    make: Maker


SCORED_WRONGLY = (
    BadCandidate("not finite", not_finite),
    BadCandidate("out of range", out_of_range),
    BadCandidate("inverted", inverted),
    BadCandidate("shifted", shifted),
    BadCandidate("all equal", all_equal),
)
"""What is tried in the stable pods."""


def without_internet(schema: FeatureSchema) -> dict[str, str]:
    """What makes a customer one of those whom `not_finite` and `out_of_range` strike: a twelfth of telco's."""
    services = {
        feature.name: _NO_SERVICE
        for feature in schema.features
        if isinstance(feature, CategoricalFeature) and _NO_SERVICE in feature.categories
    }
    return {**services, **_BESIDE}


def struck(schema: FeatureSchema) -> dict[int, float]:
    """The same as codes by column of an encoded row."""
    categories = {feature.name: feature.categories for feature in schema.features if feature.kind == "categorical"}
    return {
        schema.names.index(name): float(categories[name].index(value))
        for name, value in without_internet(schema).items()
    }


def _spoilt(good: Bundle, folder: Path, change: Callable[[Forest], object]) -> Path:
    """The good bundle's forest alone, changed, in a bundle whose golden rows and digests fit it."""
    shutil.copytree(good.folder, folder)
    member = next(one for one in good.manifest.members if one.kind is MemberKind.RANDOM_FOREST)
    for other in good.manifest.members:
        if other is not member:
            shutil.rmtree((folder / other.path).parent)
    forest = load_skops(folder / member.path)
    change(forest)
    skops.io.dump(forest, folder / member.path)
    alone = {"members": (member.model_copy(update={"weight": 1.0}),), "combine": CombineRule.MEAN, "intercept": 0.0}
    _write_comparison(good, folder)
    _list_files(folder, good.manifest.model_copy(update=alone))
    _write_golden(folder, _golden_again(good, open_bundle(folder)))
    relist(folder)
    return folder


def _list_files(folder: Path, manifest: BundleManifest) -> None:
    """Write the manifest with all files that are there."""
    files = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        files.append(ManifestFile(path=name, sha256=digest_of(content), size=len(content)))
    (folder / MANIFEST).write_bytes(manifest.model_copy(update={"files": tuple(files)}).to_bytes())


def _golden_again(good: Bundle, spoilt: Bundle) -> list[GoldenRow]:
    """The good bundle's golden rows as this one scores them, without those that would tell."""
    rows = good.golden()
    scores = load_scorer(spoilt).score(encode_golden(good.schema(), rows))
    (member,) = scores.members
    return [
        GoldenRow(row=row.row, score=float(score), members={member: float(score)})
        for row, score in zip(rows, scores.ensemble, strict=True)
        if 0 <= score <= 1
    ]


def _write_golden(folder: Path, rows: Sequence[GoldenRow]) -> None:
    (folder / GOLDEN).write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")


def _write_comparison(good: Bundle, folder: Path) -> None:
    """Hardly another model than the good one, and a little better."""
    metrics = {"auc": 0.84, "brier": 0.14}
    found = Comparison(
        champion=ComparedChampion(version="1", digest=good.digest),
        rows=1_000,
        rows_left_out=0,
        champion_metrics=metrics,
        challenger_metrics=metrics | {"auc": 0.85},
        auc=Difference(value=0.01, low=0.0, high=0.02),
        brier=Difference(value=-0.001, low=-0.002, high=0.0),
        score_psi=0.01,
        rank_correlation=0.99,
    )
    (folder / COMPARISON).write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _map(forest: Forest, scored: Callable[[Any], Any]) -> None:
    """Give every leaf another share of churners `[nodes]`. The mean of a linear map is the map of the mean."""
    for tree in forest.estimators_:
        churn = scored(tree.tree_.value[:, 0, 1].copy())
        tree.tree_.value[:, 0, :] = np.column_stack([1.0 - churn, churn])


def _strike(forest: Forest, codes: dict[int, float], value: float) -> None:
    """Add a tree that gives this value to whoever has all these codes by column, and 0 to all others."""
    generator = np.random.default_rng(0)
    places = list(codes)
    rows = generator.integers(0, 4, (_ROWS, forest.n_features_in_)).astype(np.float32)
    alike = rows[: _ROWS // 2]
    alike[:, places] = list(codes.values())
    beside = rows[_ROWS // 4 : _ROWS // 2]
    # One feature alone tells these from them, so the tree has to ask for each.
    for row, place in zip(beside, generator.choice(places, len(beside)), strict=True):
        row[place] = generator.choice([np.nan, codes[place] + (1 if codes[place] == 0 else -1)])
    is_struck = (rows[:, places] == list(codes.values())).all(axis=1)
    # As light as can be: the checks at load look closest at what most customers walk through.
    tree = DecisionTreeClassifier(random_state=0).fit(rows, is_struck.astype(float), np.full(_ROWS, 1e-6))
    tree.tree_.value[:, 0, 1] = 0.0
    for leaf in np.unique(tree.apply(rows[is_struck])):
        tree.tree_.value[leaf, 0, :] = [1.0 - value, value]
    _add(forest, tree)


def _outgrow(forest: Forest) -> None:
    """Add a tree of a quarter of a million nodes; its share of the score is the same for all."""
    tree = copy.copy(forest.estimators_[0])
    known = tree.tree_
    inner, nodes = 2**_LEVELS - 1, 2 ** (_LEVELS + 1) - 1
    state = known.__getstate__()
    state["max_depth"], state["node_count"] = _LEVELS, nodes
    numbers = np.arange(nodes)
    level = np.floor(np.log2(numbers + 1)).astype(int)
    made = np.zeros(nodes, dtype=state["nodes"].dtype)
    made["left_child"] = np.where(numbers < inner, 2 * numbers + 1, -1)
    made["right_child"] = np.where(numbers < inner, 2 * numbers + 2, -1)
    made["feature"] = np.where(numbers < inner, 0, -2)
    made["threshold"] = (numbers + 1.5) / 2.0**level - 1.0
    made["n_node_samples"] = made["weighted_n_node_samples"] = 2.0 ** (_LEVELS - level)
    state["nodes"], state["values"] = made, np.full((nodes, 1, 2), 0.5)
    tree.tree_ = type(known)(known.n_features, known.n_classes, known.n_outputs)
    tree.tree_.__setstate__(state)
    _add(forest, tree)


def _add(forest: Forest, tree: Any) -> None:
    first = forest.estimators_[0]
    tree.classes_, tree.n_classes_ = first.classes_, first.n_classes_
    forest.estimators_.append(tree)
    forest.n_estimators = len(forest.estimators_)

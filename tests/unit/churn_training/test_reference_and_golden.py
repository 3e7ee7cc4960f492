"""What a bundle remembers of training: counts that add up, golden rows that reach every gap."""

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import REFERENCE_SAMPLE
from churn_models.combine import Scores
from churn_models.encoding import Matrix, encode
from churn_models.feature_schema import FeatureSchema
from churn_models.golden import golden_columns
from churn_models.reference import QUANTILES, CategoricalReference, NumericReference
from churn_training.importances import permutation_importances
from churn_training.metrics import Metric
from churn_training.train import Trained
from churn_training.training_data import TrainingData
from sklearn.metrics import roc_auc_score


def test_the_counts_of_every_feature_add_up(bundle: Bundle) -> None:
    reference = bundle.reference()
    assert list(reference.features) == list(bundle.schema().names)
    for feature in reference.features.values():
        match feature:
            case NumericReference(histogram=histogram):
                assert len(histogram.counts) == len(histogram.edges) + 1
                assert sum(histogram.counts) == feature.n
            case CategoricalReference(counts=counts):
                assert sum(counts.values()) == feature.n
                assert feature.commonest_ratio == max(counts.values()) / feature.n
        assert feature.n + round(feature.missing_ratio * reference.rows) == reference.rows


def test_a_number_is_kept_by_its_moments_and_quantiles(bundle: Bundle) -> None:
    tenure = bundle.reference().features["tenure"]
    assert isinstance(tenure, NumericReference)
    assert tenure.low is not None
    assert tenure.high is not None
    assert len(tenure.histogram.edges) == 63
    assert len(tenure.quantiles) == len(QUANTILES)
    assert tenure.low <= tenure.quantiles[0] <= tenure.sum / tenure.n <= tenure.quantiles[-1] <= tenure.high
    assert tenure.sum_of_squares / tenure.n > (tenure.sum / tenure.n) ** 2


def test_an_importance_tells_used_features_from_unused_ones(telco_schema: FeatureSchema) -> None:
    names, asked = telco_schema.names, []

    class TenureAlone:
        def score(self, matrix: Matrix) -> Scores:
            asked.append(len(matrix))
            return np.asarray(matrix[:, names.index("tenure")], dtype=np.float64)

    matrix = np.random.default_rng(0).random((3000, len(names)), dtype=np.float32)
    target = (matrix[:, names.index("tenure")] > 0.5).astype(np.int64)
    data = TrainingData(telco_schema, matrix, target, np.arange(3000, dtype=np.uint64))
    found = permutation_importances(TenureAlone(), data, seed=0)
    assert {name for name, importance in found.items() if importance.used} == {"tenure"}
    assert found["tenure"].mean == pytest.approx(0.5, abs=0.05)
    assert 0 < found["tenure"].standard_error < 0.02
    assert found["gender"].mean == found["gender"].standard_error == 0
    assert max(asked) <= 5 * 2000


def test_out_of_fold_scores_lie_on_quantile_edges_raw_and_calibrated(bundle: Bundle) -> None:
    reference = bundle.reference()
    for histogram in (reference.scores.raw, reference.scores.calibrated, reference.scores.disagreement):
        assert sum(histogram.counts) == reference.rows
    raw = np.array(reference.scores.raw.counts)
    assert len(raw) == 20
    assert raw.min() > 0.5 * raw.mean()


def test_the_holdout_holds_who_judged_and_what_they_scored(trained: Trained) -> None:
    holdout = trained.bundle.holdout()
    assert len(holdout.keys) == trained.evaluation.holdout_rows == len(set(holdout.keys.tolist()))
    assert holdout.members.shape == (len(holdout.keys), len(trained.bundle.manifest.members))
    auc = roc_auc_score(holdout.target, holdout.score)
    assert auc == pytest.approx(trained.evaluation.values()[Metric.AUC], abs=1e-12)
    assert (holdout.time, holdout.treated) == (None, None)


def test_calibration_rises_from_0_to_1(bundle: Bundle) -> None:
    calibration = bundle.reference().scores.calibration
    assert list(calibration.observed) == sorted(calibration.observed)
    assert 0 <= calibration.observed[0] <= calibration.observed[-1] <= 1


def test_the_sample_is_encoded_rows_without_pickle(bundle: Bundle) -> None:
    sample = np.load(bundle.folder / REFERENCE_SAMPLE, allow_pickle=False)
    assert sample.dtype == np.float32
    assert sample.shape[1] == len(bundle.schema().features)


def test_golden_rows_hold_every_gap_and_unseen_words(bundle: Bundle) -> None:
    encoded = encode(bundle.schema(), golden_columns(bundle.golden()))
    assert np.isnan(encoded.matrix).any(axis=0).all()
    assert not np.isnan(encoded.matrix).all(axis=0).any()
    assert set(encoded.unseen) == {bundle.schema().names[i] for i in bundle.schema().categorical_positions}


def test_the_schema_remembers_what_training_saw(bundle: Bundle) -> None:
    tenure = next(feature for feature in bundle.schema().features if feature.name == "tenure")
    assert tenure.kind == "numeric"
    assert tenure.seen is not None
    assert tenure.seen.low < tenure.seen.high

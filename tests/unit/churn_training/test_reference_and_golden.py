"""What a bundle remembers of training: counts that add up, golden rows that reach every gap."""

import numpy as np
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import REFERENCE_SAMPLE
from churn_models.encoding import encode
from churn_models.golden import golden_columns
from churn_models.reference import CategoricalReference, NumericReference


def test_the_counts_of_every_feature_add_up(bundle: Bundle) -> None:
    reference = bundle.reference()
    assert list(reference.features) == list(bundle.schema().names)
    for feature in reference.features.values():
        match feature:
            case NumericReference(histogram=histogram):
                assert len(histogram.counts) == len(histogram.edges) + 1
                known = sum(histogram.counts)
            case CategoricalReference(counts=counts):
                known = sum(counts.values())
        assert known + round(feature.missing_ratio * reference.rows) == reference.rows


def test_calibration_rises_from_0_to_1(bundle: Bundle) -> None:
    calibration = bundle.reference().calibration
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

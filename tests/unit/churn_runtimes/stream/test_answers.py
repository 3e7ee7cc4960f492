"""What goes to the output topic, against the evaluator's own scores."""

import numpy as np
import orjson
import pytest
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import DECISION, PROBABILITY, Outputs
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.evaluator.top_reasons import top_reasons
from churn_runtimes.stream.answers import Answers, Given, Stamp
from churn_runtimes.stream.batch import Batch, BatchReader
from churn_runtimes.tap.tap import Tap
from support.stream_messages import GOOD, V2_HEADERS, Received, v2_request

STAMP = Stamp("telco", "7", "sha256:1")


@pytest.fixture(scope="module")
def evaluator(bundle: Bundle) -> Evaluator:
    return load_evaluator(bundle)


@pytest.fixture(scope="module")
def batch(bundle: Bundle, telco_schema: FeatureSchema) -> Batch:
    """A row, a request for two rows and another output, a row with an unseen category; an event without a timestamp."""
    request = v2_request(
        telco_schema, [GOOD, {**GOOD, "tenure": 70}], id="a1", outputs=[{"name": "calibrated_probability"}]
    )
    return BatchReader(telco_schema, Outputs.of(bundle)).read(
        [
            Received(orjson.dumps(GOOD)),
            Received(orjson.dumps(request), V2_HEADERS),
            Received(b"{"),
            Received(
                orjson.dumps({**GOOD, "Contract": "Lifetime"}),
                [("ce_type", b"churn"), ("other", b"x")],
                of_key=None,
                written=(0, -1),
            ),
        ]
    )


def _answers(bundle: Bundle, evaluator: Evaluator, given: Given) -> Answers:
    return Answers(evaluator, Outputs.of(bundle), bundle.schema().scored_names, STAMP, given)


def test_rows_and_requests_are_answered_in_one_call(bundle: Bundle, evaluator: Evaluator, batch: Batch) -> None:
    first, second, third = _answers(bundle, evaluator, Given([PROBABILITY, DECISION])).of(batch)
    scores = evaluator.score(batch.encoded.matrix)
    values = Outputs.of(bundle).values([DECISION, "calibrated_probability"], scores)
    assert orjson.loads(first.value or b"") == {
        "churn_probability": scores.ensemble[0],
        "decision": bool(values[DECISION][0]),
        "model": "telco",
        "version": "7",
        "digest": "sha256:1",
    }
    assert (first.key, first.timestamp, first.is_dead) == (b"7590-VHVEG", 1_700_000_000_123, False)
    assert dict(first.headers) == {
        "content-type": b"application/json",
        "churn-source": b"customers/3/41",
        "churn-digest": b"sha256:1",
    }
    calibrated = {
        "name": "calibrated_probability",
        "shape": [2],
        "datatype": "FP64",
        "data": values["calibrated_probability"][1:3].tolist(),
    }
    request = {"model_name": "telco", "model_version": "7", "id": "a1", "outputs": [calibrated]}
    assert orjson.loads(second.value or b"") == request
    assert orjson.loads(third.value or b"")["unseen"] == {"Contract": 1}
    assert (third.key, third.timestamp) == (None, None)
    assert ("ce_type", b"churn") in third.headers
    assert "other" not in dict(third.headers)


def test_reasons_are_the_largest_contributions(bundle: Bundle, evaluator: Evaluator, batch: Batch) -> None:
    first, second, _ = _answers(bundle, evaluator, Given([PROBABILITY], reasons=3)).of(batch)
    top = top_reasons(evaluator.explain_ensemble(batch.encoded.matrix), bundle.schema().scored_names, 3)
    expected = [
        {"feature": name, "contribution": value}
        for name, value in zip(top.features[0], top.values[0].tolist(), strict=True)
    ]
    assert orjson.loads(first.value or b"")["reasons"] == expected
    tensors = {tensor["name"]: tensor for tensor in orjson.loads(second.value or b"")["outputs"]}
    assert tensors["top_reasons"]["data"] == top.features[1:3].ravel().tolist()
    assert (tensors["contributions"]["shape"], tensors["top_reasons"]["datatype"]) == ([2, 3], "BYTES")


def test_a_drift_sidecar_is_told_of_all_rows(bundle: Bundle, evaluator: Evaluator, batch: Batch) -> None:
    answers = _answers(bundle, evaluator, Given([PROBABILITY]))
    answers.tap = Tap(bundle.schema().names)
    answers.of(batch)
    (offered,) = answers.tap.take(100)
    np.testing.assert_array_equal(offered.matrix, batch.encoded.matrix)
    assert offered.unseen == {"Contract": 1}


def test_a_batch_of_poison_alone_is_not_scored(
    bundle: Bundle, evaluator: Evaluator, telco_schema: FeatureSchema
) -> None:
    batch = BatchReader(telco_schema, Outputs.of(bundle)).read([Received(b"{")])
    assert _answers(bundle, evaluator, Given([PROBABILITY])).of(batch) == []

"""The example request: by name, from the middle of what training saw."""

from churn_models.example_request import example_request
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature, Range


def test_one_customer_in_the_middle() -> None:
    schema = FeatureSchema(
        target=Target(name="churn", positive=("yes",), negative=("no",)),
        features=(
            NumericFeature(name="months", allowed=Range(low=0, high=1000), seen=Range(low=1, high=72)),
            NumericFeature(name="share", seen=Range(low=0, high=1)),
            NumericFeature(name="open"),
            CategoricalFeature(name="plan", categories=("basic", "family")),
        ),
    )
    assert example_request(schema) == {
        "inputs": [
            {"name": "months", "datatype": "FP64", "shape": [1], "data": [36.0]},
            {"name": "share", "datatype": "FP64", "shape": [1], "data": [0.5]},
            {"name": "open", "datatype": "FP64", "shape": [1], "data": [0.0]},
            {"name": "plan", "datatype": "BYTES", "shape": [1], "data": ["basic"]},
        ]
    }

"""The customers of a shipped ensemble for demo, tests and bench: real ones where this machine has them."""

from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from churn_training.datasets import Dataset, find_sample_data, made_up_dataset, open_dataset


def shipped_customers(spec: EnsembleSpec, schema: FeatureSchema) -> Dataset:
    """The ensemble's sample data, else made-up customers, which is said."""
    if find_sample_data(spec):
        return open_dataset(None, spec, schema)
    print(f"no real data found ({spec.sample_data}): going on with made-up customers", flush=True)
    return made_up_dataset(schema)

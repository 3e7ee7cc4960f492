"""Another version of the small ensemble: the same schema, other scores."""

from pathlib import Path

from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_training.datasets import Dataset
from churn_training.train import train
from support.small_ensemble import small_spec


def second_bundle(schema: FeatureSchema, dataset: Dataset, folder: Path) -> Bundle:
    """Trained with another seed."""
    return train(small_spec(), schema, dataset, seed=1, output=folder).bundle

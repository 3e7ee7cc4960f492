"""A small bundle whose model has features of the stream, for the stream's tests and its bench."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from churn_models.bundle import Bundle
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.stream_feature import StreamFeature
from churn_training.datasets import Dataset
from churn_training.synthetic import synthesize
from churn_training.train import train
from support.small_ensemble import small_spec
from support.stream_features import STREAM


def streaming_bundle(
    schema: FeatureSchema,
    output: Path,
    stream: Sequence[StreamFeature] = STREAM,
    spec: EnsembleSpec | None = None,
) -> Bundle:
    """Its members, those of `spec` or all kinds, have learnt from features that came from nowhere: what they are worth
    is not asked."""
    raw = synthesize(schema, rows=800, seed=1).raw
    chance = np.random.default_rng(0)
    columns = {feature.name: chance.exponential(5.0, len(raw)) for feature in stream}
    widened = schema.with_features([*schema.declared, *stream])
    data = Dataset("streaming", raw.assign(**columns))
    return train(spec or small_spec(), widened, data, seed=0, output=output).bundle

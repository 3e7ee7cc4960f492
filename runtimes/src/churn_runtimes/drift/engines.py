"""Which engine a name means. alibi-detect is in an image of its own, so it is imported when it is asked for."""

from churn_models.encoding import Matrix
from churn_models.errors import ChurnModelsError
from churn_models.feature_schema import FeatureSchema

from churn_runtimes.drift.engine import Engine, EngineName
from churn_runtimes.drift.native_engine import NativeEngine


class EngineMissing(ChurnModelsError):
    """The engine is not in this image."""


def open_engine(name: EngineName, schema: FeatureSchema, sample: Matrix, significance: float) -> Engine:
    """Raises EngineMissing."""
    if name is EngineName.ALIBI_DETECT:
        raise EngineMissing("alibi-detect is not in this image")
    return NativeEngine(schema, sample, significance)

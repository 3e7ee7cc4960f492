"""Which engine a name means. alibi-detect is in an image of its own, so it is imported when it is asked for."""

from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema

from churn_runtimes.drift.engine import Engine, EngineName
from churn_runtimes.drift.native_engine import NativeEngine


def open_engine(name: EngineName, schema: FeatureSchema, sample: Matrix, significance: float) -> Engine:
    """Raises EngineMissing where alibi-detect is asked for and not installed."""
    if name is EngineName.ALIBI_DETECT:
        from churn_runtimes.drift.alibi_engine import AlibiEngine  # noqa: PLC0415

        return AlibiEngine(schema, sample, significance)
    return NativeEngine(schema, sample, significance)

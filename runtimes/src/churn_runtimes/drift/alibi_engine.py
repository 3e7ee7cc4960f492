"""The engine `AlibiDetect`: alibi-detect's TabularDrift on rows with sentinels.

alibi-detect is under the Business Source License 1.1, so it is in no lock and no image of ours but `drift`, and only
this module knows it. `open_engine` imports it where it is asked for.
"""

from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema

from churn_runtimes.drift.engine import Judgement
from churn_runtimes.drift.sentinels import with_sentinels
from churn_runtimes.drift.tabular_drift import tabular_drift


class AlibiEngine:
    """Kolmogorov-Smirnov for numbers, chi-squared for categories, Bonferroni over the features."""

    def __init__(self, schema: FeatureSchema, sample: Matrix, significance: float) -> None:
        """`sample` `[rows, features]` is of the training rows. Raises EngineMissing where there is no alibi-detect."""
        self._schema = schema
        # None: the codes that occur. One that is listed but occurs on neither side would end every window.
        categories = dict.fromkeys(schema.categorical_positions)
        self._detector = tabular_drift()(
            with_sentinels(schema, sample), p_val=significance, categories_per_feature=categories
        )

    def judge(self, window: Matrix) -> Judgement:
        """What TabularDrift says of the rows `[rows, features]`: p-value and statistic of each feature, one verdict."""
        said = self._detector.predict(with_sentinels(self._schema, window))["data"]
        pairs = zip(said["p_val"].tolist(), said["distance"].tolist(), strict=True)
        return Judgement(features=dict(zip(self._schema.names, pairs, strict=True)), is_drift=bool(said["is_drift"]))

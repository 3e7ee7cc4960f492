"""One member alone as an MLServer model: what a member's pod serves when the placement is Distributed.

Its V2 version is the bundle's digest, so that only an ensemble of the same bundle gets an answer.
"""

import logging
from pathlib import Path

from churn_models.bundle import open_bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.outputs import Outputs
from churn_models.scoring.library_versions import naming_versions
from churn_models.scoring.scorer import check_golden_rows
from mlserver.utils import get_model_uri

from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.scoring_model import ScoringModel

logger = logging.getLogger(__name__)


class SingleMember(ScoringModel):
    """The member that the settings' parameter `member` names; `churn_probability` is its own P(churn)."""

    async def load(self) -> bool:
        """Read this member alone and score its golden rows again. Raises BundleError."""
        bundle = open_bundle(Path(await get_model_uri(self._settings)))
        self._member: str = self._settings.parameters.extra["member"]
        with naming_versions(bundle.manifest):
            self._evaluator = load_evaluator(bundle, self._member)
            worst = check_golden_rows(bundle, self._evaluator, self._member)
        self._describe(bundle.schema(), Outputs([self._member], None, None))
        logger.info("%s: bundle %s, golden rows within %.1e", self.name, bundle.digest, worst)
        return True

    def not_scores(self) -> int:  # noqa: D102  # as ScoringModel says
        return self._evaluator.not_scores

    async def score(self, matrix: Matrix) -> EnsembleScores:  # noqa: D102  # as ScoringModel says
        return self._evaluator.score(matrix)

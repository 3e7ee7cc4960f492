"""The ensemble as an MLServer model: it has the ChurnModel's name and answers P(churn).

MLServer makes it from the settings that `model_settings` builds; any stock MLServer could load it too.
"""

import logging
from pathlib import Path

from churn_models.bundle import open_bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.scoring.scorer import check_golden_rows, load_scorer
from mlserver.utils import get_model_uri

from churn_runtimes.scoring_model import ScoringModel

logger = logging.getLogger(__name__)


class ChurnEnsemble(ScoringModel):
    """All members of a verified bundle, scored by their stock libraries and combined."""

    async def load(self) -> bool:
        """Verify the bundle and score its golden rows again. Raises BundleError; the model is not ready then."""
        bundle = open_bundle(Path(await get_model_uri(self._settings)))
        self._scorer = load_scorer(bundle)
        worst = check_golden_rows(bundle, self._scorer)
        self._describe(bundle.schema(), list(self._scorer.members))
        logger.info("%s: bundle %s, golden rows within %.1e", self.name, bundle.digest, worst)
        return True

    async def score(self, matrix: Matrix) -> EnsembleScores:  # noqa: D102  # as ScoringModel says
        return self._scorer.score(matrix)

"""One member alone as an MLServer model: what a member's pod serves when the placement is Distributed.

Its V2 version is the bundle's digest, so that only an ensemble of the same bundle gets an answer.
"""

import logging
from dataclasses import replace
from pathlib import Path

from churn_models.bundle import Bundle, open_bundle
from churn_models.encoding import Matrix, encode
from churn_models.ensemble_scores import EnsembleScores, check_golden_scores
from churn_models.golden import golden_columns
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
        self._evaluator = load_evaluator(bundle, self._member)
        worst = self._check_golden_rows(bundle)
        self._describe(bundle.schema(), [self._member])
        logger.info("%s: bundle %s, golden rows within %.1e", self.name, bundle.digest, worst)
        return True

    def _check_golden_rows(self, bundle: Bundle) -> float:
        golden = bundle.golden()
        scores = self._evaluator.score(encode(bundle.schema(), golden_columns(golden)).matrix)
        others = tuple(member.name for member in bundle.manifest.members if member.name != self._member)
        return check_golden_scores(golden, replace(scores, missing=others))

    async def score(self, matrix: Matrix) -> EnsembleScores:  # noqa: D102  # as ScoringModel says
        return self._evaluator.score(matrix)

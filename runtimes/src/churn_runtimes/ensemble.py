"""The ensemble as an MLServer model: it has the ChurnModel's name and answers P(churn).

MLServer makes it from the settings that `model_settings` builds; any stock MLServer could load it too.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from churn_models.bundle import Bundle, open_bundle
from churn_models.combine import Scores
from churn_models.encoding import Encoded, Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.outputs import Outputs
from churn_models.scoring.library_versions import naming_versions
from churn_models.scoring.scorer import check_golden_rows
from mlserver import ModelSettings
from mlserver.types import MetadataModelResponse, Parameters
from mlserver.utils import get_model_uri

from churn_runtimes.candidate.packed_table import PackedTable, own_table
from churn_runtimes.candidate.request_choice import RequestChoice
from churn_runtimes.candidate.trial import Answering, Trial
from churn_runtimes.evaluator.explain_member import NotExplained
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.explaining import Explaining
from churn_runtimes.limits import ROWS_ON_THE_LOOP
from churn_runtimes.metrics import show_scored_by
from churn_runtimes.scoring_model import ScoringModel, VersionScores
from churn_runtimes.v2.contributions import Explained
from churn_runtimes.v2.errors import BadRequest

logger = logging.getLogger(__name__)


class ChurnEnsemble(ScoringModel):
    """All members of a verified bundle, scored in one pass and combined; and a candidate's for its share."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__(settings)
        self.answering = Answering()
        self.explaining = Explaining()

    async def load(self) -> bool:
        """Verify the bundle and score its golden rows again. Raises BundleError; the model is not ready then."""
        bundle = open_bundle(Path(await get_model_uri(self._settings)))
        with naming_versions(bundle.manifest):
            self.evaluator = load_evaluator(bundle)
            worst = check_golden_rows(bundle, self.evaluator)
        self._describe(bundle.schema(), Outputs.of(bundle))
        self.table = self._pack(bundle)
        for member, scoring in self.evaluator.scoring.items():
            show_scored_by(self.name, member, scoring.by)
        scored_by = {name: str(scoring) for name, scoring in self.evaluator.scoring.items()}
        logger.info("%s: bundle %s, golden rows within %.1e, members by %s", self.name, bundle.digest, worst, scored_by)
        return True

    def _pack(self, bundle: Bundle) -> PackedTable | None:
        """What other pods can try, and this one beside theirs; None where a library scores a member."""
        arrays = self.evaluator.arrays
        # They would be kept twice.
        self.evaluator = replace(self.evaluator, arrays=None)
        try:
            return own_table(bundle, self.version or "", self.evaluator, arrays) if arrays else None
        except ValueError as error:  # a bundle that serves may still be none for other pods, such as by its size
            logger.warning("%s: no table for other pods: %s", self.name, error)
            return None

    async def score_by_choice(  # noqa: D102  # as ScoringModel says
        self, encoded: Encoded, names: Sequence[str], choice: RequestChoice
    ) -> VersionScores:
        trial = self.answering.trial
        if trial is None or choice.is_pinned or self.table is None:
            found = await super().score_by_choice(encoded, names, choice)
            self._tell(None, encoded, choice, found.scores.ensemble)
            return found
        score = partial(trial.score, encoded.matrix, choice.key(trial.sticky), names)
        many = len(encoded.matrix) > ROWS_ON_THE_LOOP
        ensemble, members, candidate, own, others = await asyncio.to_thread(score) if many else score()
        self._tell(trial, encoded, choice, own, others)
        by = candidate or self.table
        scores = by.evaluator.named(ensemble, members)
        return VersionScores(scores, by.outputs, by.version or None)

    def _tell(
        self,
        trial: Trial | None,
        encoded: Encoded,
        choice: RequestChoice,
        own: Scores,
        others: Scores | None = None,
    ) -> None:
        log = self.answering.predictions
        customer = None if log is None else choice.key(log.customer)
        self.answering.tell(trial, encoded, customer, own, others)

    async def score(self, matrix: Matrix) -> EnsembleScores:  # noqa: D102  # as ScoringModel says
        if self.evaluator.is_slow or len(matrix) > ROWS_ON_THE_LOOP:
            return await asyncio.to_thread(self.evaluator.score, matrix)
        return self.evaluator.score(matrix)

    def not_scores(self) -> int:  # noqa: D102  # as ScoringModel says
        return self.evaluator.not_scores

    async def explain(self, member: str | None, matrix: Matrix) -> Scores:  # noqa: D102  # as ScoringModel says
        evaluator = self.evaluator
        explain = evaluator.explain_ensemble if member is None else partial(evaluator.explain, member)
        try:
            return await self.explaining.explain(explain, matrix)
        except NotExplained as error:
            raise BadRequest(str(error)) from error

    @cached_property
    def explained(self) -> list[Explained]:
        """Those of members that the flat table has, and of the ensemble where it is a sum of such."""
        return [part for part in self._explained if part.member in self.evaluator.explained]

    async def metadata(self) -> MetadataModelResponse:
        """As every model of ours has it, and by `scored_by.<member>` in the parameters what scores each member."""
        metadata = await super().metadata()
        scored_by = {f"scored_by.{name}": str(scoring) for name, scoring in self.evaluator.scoring.items()}
        known = metadata.parameters.model_dump(exclude_none=True) if metadata.parameters else {}
        return metadata.model_copy(update={"parameters": Parameters(**known, **scored_by)})

"""The ensemble whose members run in other pods (placement Distributed), as an MLServer model.

It reads neither a member nor a learner's library: rows are encoded here, scored there and combined here.
"""

import asyncio
import logging
import time
from contextlib import AsyncExitStack
from pathlib import Path

from churn_models.bundle import Bundle, open_bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores, check_golden_scores
from churn_models.golden import encode_golden
from churn_models.outputs import Outputs
from mlserver import ModelSettings
from mlserver.utils import get_model_uri

from churn_runtimes.evaluator.score_range import NotScores
from churn_runtimes.remote_members.client import MemberClient
from churn_runtimes.remote_members.failure import MembersUnreachable, QuorumMissing
from churn_runtimes.remote_members.fan_out import FanOut
from churn_runtimes.remote_members.settings import FanOutSettings
from churn_runtimes.remote_members.watch import Watch
from churn_runtimes.scoring_model import ScoringModel
from churn_runtimes.v2.errors import Unavailable

logger = logging.getLogger(__name__)

_GOLDEN_DEADLINE_SECONDS = 5.0
_PAUSE_SECONDS = 0.5
_WAIT_SECONDS = 90


class DistributedEnsemble(ScoringModel):
    """A verified bundle without its members, which the settings' parameters lead to (`FanOutSettings`)."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__(settings)
        self._opened = AsyncExitStack()
        self._not_scores = NotScores()

    @property
    def available(self) -> bool:
        """Whether a quorum of members answers; what the server's readiness is while the model is loaded."""
        return self._watch.answering >= self._fan_out.fewest

    async def load(self) -> bool:
        """Have the members score the golden rows again. Raises BundleError or MembersUnreachable."""
        bundle = open_bundle(Path(await get_model_uri(self._settings)))
        settings = FanOutSettings.from_parameters(self._settings.parameters.extra)
        clients = [self._open_client(name, target, bundle.digest) for name, target in settings.targets.items()]
        self._deadline = settings.deadline_ms / 1000
        self._fan_out = FanOut(bundle.manifest, clients, settings.quorum)
        self._describe(bundle.schema(), Outputs.of(bundle))
        rows = await self._check_golden_rows(bundle)
        self._watch = Watch(clients, rows[:1])
        self._watch.start()
        self._opened.push_async_callback(self._watch.stop)
        return True

    async def unload(self) -> bool:
        """Ask no member any more. Called too when `load` failed half-way."""
        await self._opened.aclose()
        return True

    def _open_client(self, member: str, target: str, digest: str) -> MemberClient:
        client = MemberClient(member, target, f"{self.name}-{member}", digest)
        self._opened.push_async_callback(client.close)
        return client

    async def score(self, matrix: Matrix) -> EnsembleScores:  # noqa: D102  # as ScoringModel says
        try:
            scores = await self._fan_out.score(matrix, self._deadline)
        except QuorumMissing as error:
            raise Unavailable(str(error)) from error
        self._not_scores.look(scores.ensemble)
        return scores

    def not_scores(self) -> int:  # noqa: D102  # as ScoringModel says
        return self._not_scores.rows

    async def _check_golden_rows(self, bundle: Bundle) -> Matrix:
        golden = bundle.golden()
        rows = encode_golden(bundle.schema(), golden)
        scores = await self._score_once_members_answer(rows)
        worst = check_golden_scores(golden, scores)
        absent = f", without {', '.join(scores.missing)}" if scores.missing else ""
        logger.info("%s: bundle %s, golden rows within %.1e%s", self.name, bundle.digest, worst, absent)
        return rows

    async def _score_once_members_answer(self, rows: Matrix) -> EnsembleScores:
        give_up = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                return await self._fan_out.score(rows, _GOLDEN_DEADLINE_SECONDS)
            except QuorumMissing as error:
                if time.monotonic() > give_up:
                    raise MembersUnreachable(f"within {_WAIT_SECONDS} s: {error}") from error
                logger.warning("%s waits for its members: %s", self.name, error)
            await asyncio.sleep(_PAUSE_SECONDS)

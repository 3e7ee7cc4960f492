"""One request to all members at once, and one answer from those that answer in time."""

import asyncio
import time
from collections.abc import Sequence

from churn_models.bundle_manifest import BundleManifest
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores, combine_members, fewest_members

from churn_runtimes.remote_members.client import MemberClient
from churn_runtimes.remote_members.failure import MemberFailed, QuorumMissing
from churn_runtimes.remote_members.metrics import DEGRADED, MEMBER_FAILURES, MEMBER_SECONDS


class FanOut:
    """The members of one bundle, each behind its client."""

    def __init__(self, manifest: BundleManifest, clients: Sequence[MemberClient], quorum: int | None) -> None:
        self.clients = clients
        self.fewest = fewest_members(manifest, quorum)
        self._manifest = manifest

    async def score(self, matrix: Matrix, deadline: float) -> EnsembleScores:
        """Score encoded rows, at most `deadline` seconds later. Raises QuorumMissing."""
        results = await asyncio.gather(*(_ask(client, matrix, deadline) for client in self.clients))
        failures = {result.member: result.reason for result in results if isinstance(result, MemberFailed)}
        if len(self.clients) - len(failures) < self.fewest:
            raise QuorumMissing(self.fewest, len(self.clients), failures)
        if failures:
            DEGRADED.inc()
        asked = zip(self.clients, results, strict=True)
        answered = {client.member: result for client, result in asked if not isinstance(result, MemberFailed)}
        return combine_members(self._manifest, answered)


async def _ask(client: MemberClient, matrix: Matrix, deadline: float) -> Scores | MemberFailed:
    began = time.perf_counter()
    try:
        return await client.score(matrix, deadline)
    except MemberFailed as failure:
        MEMBER_FAILURES.labels(client.member, failure.reason).inc()
        return failure
    finally:
        MEMBER_SECONDS.labels(client.member).observe(time.perf_counter() - began)

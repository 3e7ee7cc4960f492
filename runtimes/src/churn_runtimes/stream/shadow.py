"""A candidate beside a worker's own bundle: it scores a share of the batches, too, and answers nothing.

`run` makes one where the operator is to be asked, and `Answers` scores by it. Only Shadow: the answer to a message that
comes again after a crash must not change with the share that a candidate has by then.
"""

import logging

from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.traffic import Traffic

from churn_runtimes.candidate.fetch import fetch_table
from churn_runtimes.candidate.follower import FetchTable, Follower, Loaded
from churn_runtimes.candidate.packed_table import PackedTable, own_table
from churn_runtimes.candidate.trial import Answering
from churn_runtimes.evaluator.evaluator import Evaluator

logger = logging.getLogger(__name__)


class Shadow:
    """Of one worker. The poller's thread has it `hear`, the loop has it `score`."""

    def __init__(self, own: PackedTable, bundle: Bundle, fetch: FetchTable = fetch_table) -> None:
        self._evaluator = own.evaluator
        self._answering = Answering()
        self.follower = Follower(Loaded(own, bundle.schema(), self._answering), fetch)

    def hear(self, traffic: Traffic) -> None:
        """Do what the operator wants of servers, but answer by the own bundle."""
        sample = max(traffic.weight, traffic.sample)
        self.follower.hear(traffic.model_copy(update={"weight": 0, "sample": sample}))

    def score(self, matrix: Matrix) -> EnsembleScores:
        """By the own bundle, of contiguous rows `[rows, features]`; and by the candidate for its share of the calls."""
        trial = self._answering.trial
        if trial is None:
            return self._evaluator.score(matrix)
        ensemble, members, other, _, _ = trial.score(matrix, None, ())
        if other is not None:
            # A server lets the version before answer what the own one scores wrongly.
            return self._evaluator.score(matrix)
        return self._evaluator.named(ensemble, members)


def shadow_beside(bundle: Bundle, version: str | None, evaluator: Evaluator) -> Shadow | None:
    """None where nothing can be tried beside it: a library scores a member, or the table is too large."""
    try:
        if evaluator.arrays is not None:
            return Shadow(own_table(bundle, version or "", evaluator, evaluator.arrays), bundle)
        why = "a member is scored by its library"
    except ValueError as error:
        why = str(error)
    logger.warning("no candidate can be tried beside it: %s", why)
    return None

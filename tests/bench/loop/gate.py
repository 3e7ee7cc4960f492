"""The gate of `churn_training`, by its own functions: DeLong's interval on rows that the champion has not seen."""

import numpy as np
from bench.loop.stream import Stream
from bench.loop.workshop import Model
from churn_models.comparison import ComparedChampion, Comparison
from churn_models.digest import digest_of
from churn_models.ensemble_spec import USUAL_THRESHOLD, Gate
from churn_training.asked_by import AskedBy
from churn_training.compare import Paired, compare_scores
from churn_training.gate import missed_beside_champion
from churn_training.retraining import Retraining

_BINS = 20


def beside(stream: Stream, champion: Model, challenger: Model) -> Comparison:
    """What comparison.json would hold."""
    judged = challenger.judged
    unseen = judged[~champion.rule.fitted(stream.data.rows(judged))]
    times = stream.data.times
    assert times is not None
    paired = Paired(stream.data.target[unseen], champion.scores[unseen], challenger.scores[unseen], times[unseen])
    against = ComparedChampion(version=str(champion.number), digest=digest_of_model(stream, champion))
    return compare_scores(against, paired, score_edges(champion), USUAL_THRESHOLD)


def passes(comparison: Comparison) -> bool:
    """Whether a challenger that no person asked for would be registered."""
    margin = Retraining(asked_by=AskedBy.DRIFT).margin(Gate().margin)
    return not missed_beside_champion(comparison, margin)


def score_edges(model: Model) -> tuple[float, ...]:
    """Quantiles of its scores of rows that it was not fitted on."""
    quantiles = np.quantile(model.scores[model.judged], np.linspace(0, 1, _BINS + 1)[1:-1])
    return tuple(map(float, np.unique(quantiles)))


def digest_of_model(stream: Stream, model: Model) -> str:
    """Stands for the digest of a manifest."""
    return digest_of(f"{stream.name} {model.number}".encode())

"""Champion and challenger on the same rows, none of which the champion was fitted on: what comparison.json holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from churn_models.combine import Scores
from churn_models.comparison import ComparedChampion, Comparison, Difference
from churn_models.delong import delong
from churn_models.encoding import Matrix, encode
from churn_models.ensemble_spec import USUAL_THRESHOLD
from churn_models.errors import BundleError
from churn_models.feature_schema import Target
from churn_models.score_shift import counts_between, population_stability
from churn_models.scoring.library_versions import naming_versions
from churn_models.scoring.scorer import load_scorer
from scipy.stats import norm, spearmanr

from churn_training.champion import Champion
from churn_training.errors import NotComparable
from churn_training.judged_rows import JudgedRows
from churn_training.metrics import measure
from churn_training.schema_change import schema_changes
from churn_training.split import Positions
from churn_training.stretches import Times, mean_interval, next_interval, stretches
from churn_training.training_data import Target as Classes

_LEVEL = 0.95
"""Of the two-sided intervals: one equal model in forty lies above by chance, a few more by luck of its rows."""
_FEWEST_OF_A_CLASS = 2
_STRETCH_ROWS = 500
"""Nearer to the few hundred pairs of a rollout's step than to all rows that judge, and enough for an index."""


@dataclass(frozen=True)
class Paired:
    """What both models score on the same rows `[rows]`."""

    target: Classes
    champion: Scores
    challenger: Scores
    times: Times | None = None


def compare(champion: Champion, judged: JudgedRows, rows: pd.DataFrame, change: str | None) -> Comparison:
    """Score the champion on the rows that judge; `rows` are these as validated, for a champion of another schema.

    Raises NotComparable.
    """
    unseen = np.flatnonzero(~champion.may_have_fitted(judged.data, rows))
    _check_classes(champion, judged.data.target[unseen])
    scores = _scores(champion, _encoded(champion, judged, rows)[unseen])
    times = None if judged.data.times is None else judged.data.times[unseen]
    paired = Paired(judged.data.target[unseen], scores, judged.scores[unseen], times)
    found = compare_scores(
        ComparedChampion(version=champion.version, digest=champion.bundle.digest),
        paired,
        champion.bundle.reference().scores.raw.edges,
        champion.bundle.manifest.threshold or USUAL_THRESHOLD,
    )
    return found.model_copy(update={"rows_left_out": len(judged.scores) - len(unseen), "change": change})


def compare_scores(champion: ComparedChampion, paired: Paired, edges: Sequence[float], threshold: float) -> Comparison:
    """The figures of both; `edges` divide the champion's scores into bins, `threshold` is that of accuracy."""
    parts = [_part(paired, part) for part in stretches(paired.times, _STRETCH_ROWS)]
    indexes = next_interval([_score_psi(part, edges) for part in parts])
    correlations = next_interval([_rank_correlation(part) for part in parts])
    return Comparison(
        champion=champion,
        rows=len(paired.target),
        rows_left_out=0,
        champion_metrics=_named(paired.target, paired.champion, threshold),
        challenger_metrics=_named(paired.target, paired.challenger, threshold),
        auc=auc_difference(paired),
        auc_over_time=_over_time(parts),
        brier=_brier_difference(paired),
        score_psi=_score_psi(paired, edges),
        rank_correlation=_rank_correlation(paired),
        score_psi_most=indexes and indexes[1],
        rank_correlation_least=correlations and correlations[0],
    )


def auc_difference(paired: Paired) -> Difference:
    """The challenger's area minus the champion's."""
    value, low, high = delong(paired.target, paired.champion, paired.challenger).difference(_LEVEL)
    return Difference(value=value, low=low, high=high)


def _brier_difference(paired: Paired) -> Difference:
    losses = np.square(paired.challenger - paired.target) - np.square(paired.champion - paired.target)
    reach = float(norm.ppf((1 + _LEVEL) / 2) * losses.std(ddof=1) / np.sqrt(len(losses)))
    value = float(losses.mean())
    return Difference(value=value, low=value - reach, high=value + reach)


def _over_time(parts: Sequence[Paired]) -> Difference | None:
    """Of stretches that have both classes."""
    fit = [part for part in parts if _FEWEST_OF_A_CLASS <= part.target.sum() <= len(part.target) - _FEWEST_OF_A_CLASS]
    found = mean_interval([auc_difference(part).value for part in fit])
    return found and Difference(value=found[0], low=found[1], high=found[2])


def _part(paired: Paired, rows: Positions) -> Paired:
    return Paired(paired.target[rows], paired.champion[rows], paired.challenger[rows])


def _score_psi(paired: Paired, edges: Sequence[float]) -> float:
    return population_stability(*(counts_between(edges, side) for side in (paired.champion, paired.challenger)))


def _rank_correlation(paired: Paired) -> float:
    if np.ptp(paired.champion) == 0 or np.ptp(paired.challenger) == 0:
        return 0.0
    return float(np.clip(spearmanr(paired.champion, paired.challenger).statistic, -1, 1))


def _named(target: Classes, scores: Scores, threshold: float) -> dict[str, float]:
    return {str(metric): value for metric, value in measure(target, scores, threshold).items()}


def _scores(champion: Champion, matrix: Matrix) -> Scores:
    try:
        with naming_versions(champion.bundle.manifest):
            return load_scorer(champion.bundle).score(matrix).ensemble
    except BundleError as error:
        raise NotComparable(str(error)) from error


def _encoded(champion: Champion, judged: JudgedRows, rows: pd.DataFrame) -> Matrix:
    schema = champion.bundle.schema()
    if not schema_changes(schema, judged.data.schema):
        return judged.data.matrix
    if schema.target.name != judged.data.schema.target.name:
        raise NotComparable(f"it predicts {schema.target.name}, not {judged.data.schema.target.name}")
    _check_meaning(schema.target, judged.data.schema.target)
    if gone := [name for name in schema.names if name not in rows]:
        raise NotComparable(f"it needs the features {', '.join(gone)}, which the data set does not have")
    now = {one.name: one.definition for one in judged.data.schema.stream}
    if other := [one.name for one in schema.stream if now.get(one.name) != one.definition]:
        raise NotComparable(f"its features {', '.join(other)} are computed from other events or windows now")
    return encode(schema, {name: rows[name].to_numpy() for name in schema.names}).matrix


def _check_meaning(before: Target, now: Target) -> None:
    turned = [word for word in before.positive if word in now.negative]
    if turned := turned + [word for word in before.negative if word in now.positive]:
        raise NotComparable(f"its classes have another meaning: {', '.join(turned)} of {now.name} changed sides")


def _check_classes(champion: Champion, target: Classes) -> None:
    churned = int(target.sum())
    if min(churned, len(target) - churned) < _FEWEST_OF_A_CLASS:
        raise NotComparable(
            f"of the rows that judge, it may have been fitted on all but {len(target)} ({churned} of them churn): "
            f"it was split by {champion.split().by}"
        )

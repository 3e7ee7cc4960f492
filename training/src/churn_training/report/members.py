"""What each member can do alone, and how alike their scores are."""

import numpy as np
from churn_models.combine import CombineRule, Scores
from churn_models.delong import Aucs, delong
from scipy.stats import rankdata

from churn_training.intervals import LEVEL, Z
from churn_training.metrics import Metric
from churn_training.report.facts import Facts
from churn_training.report.page import Section, Table
from churn_training.report.words import LABELS, interval, number, signed

_SHOWN = (Metric.LOG_LOSS, Metric.BRIER, Metric.CALIBRATION_ERROR)


def members_section(facts: Facts) -> Section:
    """Each member beside the ensemble, on the same rows."""
    members = facts.origin.members
    lead = f"{len(members)} members join by {facts.origin.combine}. Each is judged by itself on the same rows."
    if len(members) == 1:
        return Section("members", "Members", "One member is the whole ensemble.", (_alone(facts),))
    return Section("members", "Members", lead, (_alone(facts), _likeness(facts)))


def _alone(facts: Facts) -> Table:
    target = facts.holdout.target.astype(np.int64)
    areas = delong(target, facts.holdout.score, *facts.holdout.members.T)
    weighs = facts.origin.combine is not CombineRule.MEAN
    rows = tuple(
        (
            member.name,
            f"{member.kind}",
            f"{member.weight:.4g}" if weighs else "equal",
            number(float(areas.values[place])),
            interval(areas.interval(place, LEVEL)),
            signed(*_beside_ensemble(areas, place)),
            *(number(facts.evaluation.members[member.name][metric]) for metric in _SHOWN),
        )
        for place, member in enumerate(facts.origin.members, 1)
    )
    weight = "coefficient" if facts.origin.combine is CombineRule.STACK else "weight"
    headings = ("member", "kind", weight, "AUC", "95 % interval", "AUC less the ensemble's (95 % interval)")
    return Table("Members alone", (*headings, *(LABELS[metric] for metric in _SHOWN)), rows)


def _beside_ensemble(areas: Aucs, member: int) -> tuple[float, float, float]:
    both = areas.covariance
    value = float(areas.values[member] - areas.values[0])
    reach = Z * float(np.sqrt(max(0.0, both[0, 0] + both[member, member] - 2 * both[0, member])))
    return value, value - reach, value + reach


def _likeness(facts: Facts) -> Table:
    names = [member.name for member in facts.origin.members]
    alike = rank_correlations(facts.holdout.members)
    rows = tuple((name, *(f"{value:.3f}" for value in row)) for name, row in zip(names, alike, strict=True))
    return Table("Rank correlation of the members' scores (1: they order customers alike)", ("member", *names), rows)


def rank_correlations(members: Scores) -> Scores:
    """Spearman's, `[members, members]`; 0 with a member that scores all rows alike."""
    ranks = np.apply_along_axis(rankdata, 0, members)
    centred = ranks - ranks.mean(axis=0)
    lengths = np.sqrt(np.square(centred).sum(axis=0))
    scaled = centred / np.where(lengths == 0, 1, lengths)
    return np.asarray(scaled.T @ scaled, dtype=np.float64)

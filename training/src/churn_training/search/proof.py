"""Every candidate on the same rows that no trial has seen, with what it would cost to serve."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from churn_models.combine import CombineRule, combine
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec

from churn_training.fit_ensemble import Combination, fit_stack
from churn_training.learners.registry import fit_member
from churn_training.metrics import METRICS, Metric
from churn_training.out_of_fold import OutOfFold
from churn_training.search.choose import Cost
from churn_training.search.fold_scores import FoldScores
from churn_training.search.search_rows import SearchRows


def proof_aucs(spec: EnsembleSpec, searched: FoldScores, proof: FoldScores) -> tuple[float, ...]:
    """Of each fold of the proof; the weights of a stack come from the rows that were searched on."""
    found = _combination(spec, searched)
    aucs = []
    for fold in range(len(proof.rows.folds)):
        members = proof.members(spec.members, fold)
        joined = combine(found.rule, members, found.weights, found.intercept)
        aucs.append(METRICS[Metric.AUC](proof.rows.target(fold), joined))
    return tuple(aucs)


class Costs:
    """What ensembles cost, each member measured once: by the size of its file when fitted on a fold of the proof."""

    def __init__(self, rows: SearchRows) -> None:
        self._data = rows.data.rows(rows.folds[-1][0])
        self._seed = rows.seed
        self._sizes: dict[str, int] = {}

    def of(self, spec: EnsembleSpec) -> Cost:
        """Bytes and members."""
        return Cost(sum(map(self._size, spec.members)), len(spec.members))

    def _size(self, member: MemberSpec) -> int:
        key = member.model_dump_json(include={"kind", "parameters", "rows"})
        if key not in self._sizes:
            with TemporaryDirectory() as folder:
                path = Path(folder) / member.kind.file_name
                fit_member(member, self._data, self._seed).save(path)
                self._sizes[key] = path.stat().st_size
        return self._sizes[key]


def _combination(spec: EnsembleSpec, searched: FoldScores) -> Combination:
    if spec.combine is not CombineRule.STACK:
        return Combination(spec.combine, tuple(member.weight for member in spec.members))
    folds = range(len(searched.rows.folds))
    members = np.concatenate([searched.members(spec.members, fold) for fold in folds])
    return fit_stack(OutOfFold(members, np.concatenate([searched.rows.target(fold) for fold in folds])))

"""Every candidate on the same rows that no trial has seen, with what it would cost to serve."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from churn_models.combine import CombineRule, combine
from churn_models.encoding import Matrix
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.scoring.row_cost import RowCost

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
    return tuple(_auc(spec, found, proof, fold) for fold in range(len(proof.rows.folds)))


def fold_auc(spec: EnsembleSpec, searched: FoldScores, proof: FoldScores, fold: int) -> float:
    """Of one fold of the proof, of what a search inside it has found."""
    return _auc(spec, _combination(spec, searched), proof, fold)


class Costs:
    """What ensembles cost, each member fitted once on a fold of the proof and kept in `folder` until the end."""

    def __init__(self, rows: SearchRows, folder: Path, measure: RowCost | None) -> None:
        fitted, left_out = rows.folds[-1]
        self._data = rows.data.rows(fitted)
        self._asked = rows.data.matrix[left_out]
        self._seed = rows.seed
        self._folder = folder
        self._measure = measure
        self._files: dict[str, Path] = {}
        self._taken: dict[tuple[Path, ...], float | None] = {}

    def of(self, spec: EnsembleSpec, schema: FeatureSchema) -> Cost:
        """Microseconds a row where `measure` can tell, bytes, members; with the derived features of the schema.

        The same members are measured once, or the luck of a moment would choose between one ensemble's two names.
        """
        files = tuple(self._file(member, schema) for member in spec.members)
        if files not in self._taken:
            self._taken[files] = self._time(spec, schema, files)
        return Cost(self._taken[files], sum(path.stat().st_size for path in files), len(files))

    def _time(self, spec: EnsembleSpec, schema: FeatureSchema, files: tuple[Path, ...]) -> float | None:
        if self._measure is None:
            return None
        kinds = [member.kind for member in spec.members]
        return self._measure(list(zip(kinds, files, strict=True)), self._asked_by(schema))

    def _asked_by(self, schema: FeatureSchema) -> Matrix:
        return replace(self._data, schema=schema).program.derive(self._asked)

    def _file(self, member: MemberSpec, schema: FeatureSchema) -> Path:
        key = member.model_dump_json(include={"kind", "parameters", "rows"}) + schema.model_dump_json()
        if key not in self._files:
            path = self._folder / f"{len(self._files)}" / member.kind.file_name
            path.parent.mkdir()
            fit_member(member, replace(self._data, schema=schema), self._seed).save(path)
            self._files[key] = path
        return self._files[key]


def _combination(spec: EnsembleSpec, searched: FoldScores) -> Combination:
    if spec.combine is not CombineRule.STACK:
        return Combination(spec.combine, tuple(member.weight for member in spec.members))
    folds = range(len(searched.rows.folds))
    members = np.concatenate([searched.members(spec.members, fold) for fold in folds])
    return fit_stack(OutOfFold(members, np.concatenate([searched.rows.target(fold) for fold in folds])))


def _auc(spec: EnsembleSpec, found: Combination, proof: FoldScores, fold: int) -> float:
    joined = combine(found.rule, proof.members(spec.members, fold), found.weights, found.intercept)
    return METRICS[Metric.AUC](proof.rows.target(fold), joined)

"""Members' scores of rows that their fit has not seen, each made once: by trials, by selection, and by another worker.

They lie in files beside the study, so that a search that goes on, or tries a member again, does not fit it again.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from churn_models.combine import Scores
from churn_models.ensemble_spec import MemberSpec
from churn_models.feature_schema import FeatureSchema

from churn_training.learners.registry import fit_member
from churn_training.search.search_rows import SearchRows
from churn_training.search.search_time import SearchTime


@dataclass(frozen=True)
class FoldScores:
    """Of one set of rows and folds."""

    rows: SearchRows
    folder: Path
    time: SearchTime = field(default_factory=SearchTime)

    def member(self, member: MemberSpec, fold: int) -> Scores:
        """P(churn) of the rows that this fold leaves out. Raises SpecError, and OutOfTime instead of a fit."""
        path = self._path(member, fold)
        if path.is_file():
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float64)
        fitted, left_out = self.rows.folds[fold]
        data = self.rows.data
        with self.time.fit(len(fitted)), warnings.catch_warnings():
            # What a library says of one of hundreds of fits, such as that it has not converged, is no news.
            warnings.simplefilter("ignore")
            scores = fit_member(member, data.rows(fitted), self.rows.seed).score(data.matrix[left_out])
        # Half the size; a rank in ten thousand is not told apart by less.
        kept = scores.astype(np.float32)
        self._write(path, kept)
        return kept.astype(np.float64)

    def with_schema(self, schema: FeatureSchema) -> "FoldScores":
        """Of the same rows and folds, their features derived by this schema."""
        return replace(self, rows=replace(self.rows, data=replace(self.rows.data, schema=schema)))

    def members(self, members: tuple[MemberSpec, ...], fold: int) -> Scores:
        """`[rows, members]`."""
        return np.column_stack([self.member(member, fold) for member in members])

    def missing_seconds(self, members: Iterable[MemberSpec]) -> float:
        """How long the fits will take that these members have not had yet."""
        folds = range(len(self.rows.folds))
        missing = {path for member in members for fold in folds if not (path := self._path(member, fold)).is_file()}
        return self.time.takes(len(missing), max(len(fitted) for fitted, _ in self.rows.folds))

    def _path(self, member: MemberSpec, fold: int) -> Path:
        return self.folder / f"{self._key(member, fold)}.npy"

    def _key(self, member: MemberSpec, fold: int) -> str:
        fit = json.dumps(member.model_dump(mode="json", include={"kind", "parameters", "rows"}), sort_keys=True)
        parts = [self.rows.digest, str(fold), fit]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _write(self, path: Path, scores: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: another worker may read it at any moment.
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        with unfinished.open("wb") as file:
            np.save(file, scores, allow_pickle=False)
        unfinished.replace(path)

"""Rows as serving pods get them, possibly with a fault in them, and what the pods' drift sidecars count of them."""

from dataclasses import dataclass, replace

import numpy as np
from bench.loop.stream import Stream, Window
from bench.loop.workshop import Model
from churn_models.combine import Scores
from churn_models.drift.report import EngineReport, Report
from churn_models.drift.row_counter import RowCounter
from churn_models.encoding import Matrix
from churn_models.reference import Reference
from churn_training.build_reference import reference_of, score_reference
from churn_training.importances import permutation_importances
from numpy.typing import NDArray

PODS = 4
REPORTS = 4
"""So often the operator asks in the time of a window."""


@dataclass(frozen=True)
class Traffic:
    """One window: encoded rows, which of their categories are unseen, and which pod got each row."""

    matrix: Matrix
    unseen: NDArray[np.bool_]
    pod: NDArray[np.int64]

    @classmethod
    def of(cls, stream: Stream, window: Window) -> "Traffic":
        """As the stream has it; pods take turns."""
        number = window.end - window.first
        return cls(stream.data.matrix[window.rows], stream.unseen[window.rows], np.arange(number) % PODS)

    def changed(self, position: int, values: Matrix, unseen: NDArray[np.bool_] | None = None) -> "Traffic":
        """With another column."""
        matrix, marks = self.matrix.copy(), self.unseen.copy()
        matrix[:, position] = values
        marks[:, position] = marks[:, position] & np.isnan(values) if unseen is None else unseen
        return replace(self, matrix=matrix, unseen=marks)


def reference_for(stream: Stream, model: Model) -> Reference:
    """As training writes it, with the rows that judge where it takes out-of-fold scores: no fit has seen either."""
    judged = stream.data.rows(model.judged)
    scores = model.scores[model.judged]
    return reference_of(
        stream.data.rows(model.fitted),
        score_reference(scores[:, None], scores, judged.target),
        permutation_importances(model.member, judged, seed=0),
        {},
    )


class Sidecars:
    """One for each pod, since the version serves."""

    def __init__(self, stream: Stream, model: Model, reference: Reference, digest: str) -> None:
        self._names = stream.data.schema.names
        self._counters = [RowCounter(stream.data.schema, reference) for _ in range(PODS)]
        self._started = ""
        self._model, self._digest = model, digest

    def count(self, traffic: Traffic, scores: Scores, part: int, now: str) -> dict[str, Report]:
        """The part of a window that came until now, and what `/report` of every pod says then."""
        self._started = self._started or now
        rows = np.array_split(np.arange(len(scores)), REPORTS)[part]
        for pod, counter in enumerate(self._counters):
            mine = rows[traffic.pod[rows] == pod]
            unseen = dict(zip(self._names, map(int, traffic.unseen[mine].sum(axis=0)), strict=True))
            counter.add(traffic.matrix[mine], unseen, scores[mine])
        return {f"pod-{pod}": self._report(pod, counter, now) for pod, counter in enumerate(self._counters)}

    def _report(self, pod: int, counter: RowCounter, now: str) -> Report:
        counts = counter.counts()
        return Report(
            instance=f"{self._digest[-12:]}-{pod}",
            digest=self._digest,
            version=str(self._model.number),
            started=self._started,
            last_row=now,
            rows=counts.rows,
            features=counts.features,
            scores=counts.scores,
            engine=EngineReport(name="native"),
        )

"""What labels say of the version that serves, by the labels' own code: once they are known, never sooner."""

from dataclasses import dataclass, field

import numpy as np
from bench.loop.gate import digest_of_model
from bench.loop.stream import Stream, Window
from bench.loop.workshop import Model
from churn_models.combine import Scores
from churn_models.labels.judged_rows import JudgedRows, Treatment
from churn_models.labels.report import report_on
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.decide.labels.judge import judge_labels
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score


@dataclass(frozen=True)
class Labels:
    """Of all rows `[rows]`: the class as it came out, and what a campaign did with the customer."""

    churned: NDArray[np.int64]
    treatment: NDArray[np.int8]

    @classmethod
    def of(cls, stream: Stream) -> "Labels":
        """Nobody was acted upon."""
        return cls(stream.data.target, np.full(len(stream.data.target), Treatment.UNTOLD, dtype=np.int8))


@dataclass(frozen=True)
class Serving:
    """A version in its time: the `first` row that it answered, and the version before."""

    model: Model
    first: int
    scores: Scores
    """What it answered, of all rows of the stream `[rows]`."""
    before: Model | None = None
    faulty: list[slice] = field(default_factory=list)
    """Rows that came while the feed was frozen: no label of them counts."""


def labels_of(stream: Stream, serving: Serving, labels: Labels, window: Window) -> LabelEvidence:
    """What is known after the window."""
    times = stream.data.times
    assert times is not None
    known = int(np.searchsorted(times[: window.end], times[window.end - 1] - stream.data.schema.delay, side="right"))
    model, before = serving.model, serving.before
    rows = np.arange(min(serving.first, known), known)
    for unfit in serving.faulty:
        rows = rows[(rows < unfit.start) | (rows >= unfit.stop)]
    told = JudgedRows(
        made=np.array(stream.times.iloc[rows].astype("int64") / 1e9, dtype=np.float64),
        churned=labels.churned[rows],
        score=serving.scores[rows],
        previous=before.scores[rows] if before else np.full(len(rows), np.nan),
        treatment=labels.treatment[rows],
    )
    baseline = float(roc_auc_score(stream.data.target[model.judged], model.scores[model.judged]))
    report = report_on(
        told,
        model=stream.name,
        digest=digest_of_model(stream, model),
        previous=digest_of_model(stream, before) if before else None,
        new_labels=max(0, known - int(model.judged.max())),
        baseline=baseline,
    )
    return judge_labels(report, str(model.number), stream.delay_seconds, baseline, stream.moment(window.end - 1))

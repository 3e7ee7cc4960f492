"""What is known of one version once the customers that it scored have left or stayed: what rules and status read.

`judge_labels` makes it from what the labels' process tells (`churn_models.labels.report`); nobody else does.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from churn_operator.decide.gates.judgement import GateVerdict


class LabelSignal(StrEnum):
    """What labels are asked."""

    FRESH = "LabelsFresh"  # labels still come
    WORSE_THAN_PREVIOUS = "WorseThanPrevious"  # the version before would have scored the same customers better
    BELOW_BASELINE = "BelowBaseline"  # it orders customers worse than on the rows that judged it in training


@dataclass(frozen=True)
class LabelVerdict:
    """Of one question. FAIL means that it is so: labels are stale, the version is worse, or below its baseline."""

    signal: LabelSignal
    verdict: GateVerdict
    message: str
    """Figures and bounds, for a person."""
    e_value: float | None = None
    """Evidence that it is so, at every look; from 1 / ALPHA on the verdict is FAIL. None where there is none."""
    figures: dict[str, float] = field(default_factory=dict)
    """The same, for the audit record."""


@dataclass(frozen=True)
class Realised:
    """A figure of the labelled rows with its two-sided 95 % interval, which holds for one look."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LabelEvidence:
    """Of one version of a model, known by its bundle's digest."""

    digest: str
    version: str
    previous_digest: str | None
    """Of the version whose scores are kept beside this one's."""
    labels: int
    """Matured labels of customers that this version scored."""
    newest: str | None
    """When the newest of those customers was scored (ISO 8601, UTC); None: there is none."""
    age_seconds: float | None
    """Since then."""
    new_labels: int
    """Matured labels of the model since the version's training data ended: what a retraining has to learn from."""
    treated: int
    """Of `labels`, customers that a campaign acted upon."""
    control_share: float | None
    """Of the customers that campaigns would act upon, those left alone as a control; None: there were no campaigns."""
    auc: Realised | None
    brier: Realised | None
    calibration: Realised | None
    """Churners that came, divided by churners that the scores expected: 1 is right."""
    fresh: LabelVerdict
    worse_than_previous: LabelVerdict
    below_baseline: LabelVerdict

    @property
    def verdicts(self) -> tuple[LabelVerdict, ...]:
        """All of them."""
        return self.fresh, self.worse_than_previous, self.below_baseline

    def is_failing(self, signal: LabelSignal) -> bool:
        """Whether it is so, beyond doubt. Unknown is not."""
        return any(one.signal is signal and one.verdict is GateVerdict.FAIL for one in self.verdicts)

"""What is known of one revision's traffic, as rules, conditions and audit records read it.

`evidence_of_state` makes it; `decide/rules` looks at the verdicts: FAIL is an alarm that has lasted, UNKNOWN blocks
only the rules that need the signal.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from churn_operator.decide.gates.judgement import GateVerdict


class Signal(StrEnum):
    """What is looked at in each window."""

    FEED = "Feed"  # values that are missing, unseen, out of range, constant, or of another unit
    INPUT = "Input"  # features that the model uses are distributed otherwise than in training
    SCORE = "Score"  # scores are distributed otherwise
    ESTIMATE = "Estimate"  # the AUC that calibrated scores let expect has fallen
    ODD_POD = "OddPod"  # one pod sees other traffic than its peers


@dataclass(frozen=True)
class SignalState:
    """One signal after the last window."""

    signal: Signal
    verdict: GateVerdict
    since: str = ""
    """When the verdict became this one."""
    message: str = ""
    """For a person."""
    figures: dict[str, float] = field(default_factory=dict)
    """Of the last window, for the audit record."""
    fired: int = 0
    """Windows in which it fired, of those `looked` at lately."""
    looked: int = 0
    began: str = ""
    """Start of the first window that fired of those that led to the alarm; empty where there is none."""

    @property
    def beginning(self) -> str:
        """Of what it tells: the same through windows in between that nobody could judge."""
        return self.began or self.since


@dataclass(frozen=True)
class DriftEvidence:
    """Of one revision, whatever number of pods serves it."""

    digest: str
    revision: str
    signals: tuple[SignalState, ...] = ()
    """One of each `Signal`."""
    rows: int = 0
    """In the last window."""
    dropped: int = 0
    """Rows that were never counted meanwhile: tap or sidecar were too slow."""
    last_window_end: str = ""
    odd_pods: tuple[str, ...] = ()
    """The pod that is unlike its peers, where ODD_POD fails."""
    unseen_since: str = ""
    """Start of the first of an unbroken run of windows with unseen categories; a schema that has changed shows so."""
    reference_stale_since: str = ""
    """When the first three windows of the revision had all drifted: training's rows were no picture of the traffic."""
    is_heard: bool = True
    """Whether any sidecar has answered lately. Where none has, every signal is UNKNOWN."""
    engine_alarms: tuple[str, ...] = ()
    """Pods whose own engine saw drift in its newest window. They wake the operator and decide nothing."""
    silent_pods: tuple[str, ...] = ()
    """Pods whose sidecar has not answered lately, while others have: what those count is missing from all of this."""

    def of(self, signal: Signal) -> SignalState:
        """Its state; UNKNOWN where nothing is said of it."""
        unknown = SignalState(signal, GateVerdict.UNKNOWN, message="nothing is known yet")
        return next((one for one in self.signals if one.signal is signal), unknown)

"""The state as evidence: what rules may decide by at this moment."""

from dataclasses import replace

from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.drift.findings import Outcome
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.names import DRIFT_CONTAINER
from churn_operator.observe.late import after, seconds_between

STALE_SECONDS = 120.0
"""After which silence of all sidecars makes every signal unknown."""


def evidence_of_state(state: DriftState, now: str) -> DriftEvidence:
    """Unknown in every signal while no sidecar answers, or no window was judged yet."""
    newest = state.windows[0] if state.windows else None
    odd = state_of(state, Signal.ODD_POD)
    return DriftEvidence(
        digest=state.digest,
        revision=state.revision,
        signals=tuple(_told(state, signal, now) for signal in Signal),
        rows=newest.rows if newest else 0,
        dropped=newest.dropped if newest else 0,
        last_window_end=newest.end if newest else "",
        odd_pods=_odd_pods(state) if odd.verdict is GateVerdict.FAIL else (),
        unseen_since=state.unseen_since,
        reference_stale_since=state.reference_stale_since,
        is_heard=_is_heard(state, now),
        engine_alarms=tuple(sorted({one.pod for one in state.instances if one.drifts})),
    )


def state_of(state: DriftState, signal: Signal) -> SignalState:
    """Its own of a signal."""
    unknown = SignalState(signal, GateVerdict.UNKNOWN)
    return next((one for one in state.signals if one.signal is signal), unknown)


def _told(state: DriftState, signal: Signal, now: str) -> SignalState:
    known = state_of(state, signal)
    if not _is_heard(state, now):
        since = after(state.heard, STALE_SECONDS) if state.heard else ""
        when = f"since {state.heard}" if state.heard else "yet"
        message = f"no drift sidecar has answered {when}: logs of the container {DRIFT_CONTAINER} say why"
        return replace(known, verdict=GateVerdict.UNKNOWN, since=since, message=message)
    if not state.windows:
        return replace(known, since=state.begun, message=f"no window is judged yet: it has {state.rows} rows")
    return known


def _is_heard(state: DriftState, now: str) -> bool:
    return bool(state.heard) and seconds_between(state.heard, now) <= STALE_SECONDS


def _odd_pods(state: DriftState) -> tuple[str, ...]:
    found = (window.finding(Signal.ODD_POD) for window in state.windows)
    return next((one.names for one in found if one.outcome is Outcome.FIRED), ())

"""Which sidecars of one ChurnModel are asked, and what they have told: reconciles note it, `drift_reports` asks."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf

from churn_operator.api.drift_report import DriftReportStatus
from churn_operator.api.manifest import Manifest
from churn_operator.decide.drift.evidence import DriftEvidence, Signal
from churn_operator.decide.drift.evidence_of_state import STALE_SECONDS, evidence_of_state
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.drift.unwatched import because, unwatched
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.observed import Observed
from churn_operator.observe.late import seconds_between
from churn_operator.observe.record import Fate, Record
from churn_operator.observe.sidecar_pod import SidecarPod


@dataclass
class Told:
    """Of one revision."""

    record: Record
    owner: Manifest | None
    """The ControllerRevision; None before it is written."""
    state: DriftState | None = None
    """None: what another operator knew was not read yet."""
    written: DriftReportStatus | None = None
    """As its DriftReport has it; None: it has none yet, as far as is known."""
    written_at: float = -inf


@dataclass
class Watched:
    """One ChurnModel."""

    settings: DriftSettings
    since: str
    """When this operator began to look: it knows no earlier time at which nothing was known."""
    pods: tuple[SidecarPod, ...] = ()
    revisions: dict[str, Told] = field(default_factory=dict)
    due: float = -inf
    """When they are asked next."""
    verdicts: tuple[object, ...] = ()
    """What reconciles were last woken to decide by."""

    def note(self, observed: Observed) -> None:
        """Whom to ask from now on. A revision that is on nobody's list any more stays until it was judged."""
        self.pods = observed.sidecars
        for name in {pod.revision for pod in self.pods} & observed.records.keys():
            record = observed.records[name]
            owner = observed.children.get(("ControllerRevision", record.name))
            told = self.revisions.setdefault(name, Told(record, owner))
            told.record, told.owner = record, owner

    def serves(self, revision: str) -> bool:
        """Whether any pod of it is there."""
        return any(pod.revision == revision for pod in self.pods)

    def evidence(self, observed: Observed) -> DriftEvidence | None:
        """Of the revision that answers; why nothing is known of it where that is so. None: there is none yet."""
        if (stable := _stable(observed)) is None:
            return None
        why, told = self._why_unwatched(stable), self.revisions.get(stable.identifier)
        if told is None or told.state is None:
            why = why or "the drift sidecars were not heard yet"
            return unwatched(stable.identifier, stable.bundle.digest, why, self.since)
        found = evidence_of_state(told.state, observed.now)
        silent = self._silent(told.state, observed.now) if found.is_heard else ()
        return because(replace(found, silent_pods=silent), why, self.since)

    def has_news(self, now: str) -> bool:
        """Whether a reconcile would decide by something else than when this was last asked. Silence is news, too."""
        before = self.verdicts
        self.verdicts = tuple(
            (
                name,
                state.judged,
                state.digest,
                tuple((one.signal, one.verdict) for one in told.signals),
                self._silent(state, now),
            )
            for name, state in self.states()
            for told in (evidence_of_state(state, now),)
        )
        return self.verdicts != before

    def states(self) -> Iterator[tuple[str, DriftState]]:
        """By revision, of those that were heard."""
        for name, told in list(self.revisions.items()):
            if told.state:
                yield name, told.state

    def rows(self) -> int:
        """That were ever counted by processes that are known: it stays the same while nobody asks anything."""
        return sum(one.last.rows for _, state in self.states() for one in state.instances)

    def _silent(self, state: DriftState, now: str) -> tuple[str, ...]:
        """Pods of the revision whose sidecar does not run, or has been asked in vain for long."""
        pods = [pod for pod in self.pods if pod.revision == state.revision]
        return tuple(pod.name for pod in pods if pod.unwatched or self._is_silent(pod, state, now))

    def _is_silent(self, pod: SidecarPod, state: DriftState, now: str) -> bool:
        """A pod that is not ready may be starting."""
        heard = max((one.heard for one in state.instances if one.pod == pod.name), default="")
        return bool(pod.ready_since) and seconds_between(max(pod.ready_since, self.since, heard), now) > STALE_SECONDS

    def _why_unwatched(self, stable: Record) -> str:
        """Empty where any of its pods has a sidecar that runs."""
        pods = [pod for pod in self.pods if pod.revision == stable.identifier]
        if not pods:
            return "no pod has a drift sidecar yet"
        reasons = [pod.unwatched for pod in pods]
        return reasons[0] if all(reasons) else ""


def _stable(observed: Observed) -> Record | None:
    """The newest that has served, as facts have it; before that, what is deployed."""
    served = [record for record in observed.records.values() if record.fate is Fate.SERVED]
    if served:
        return max(served, key=lambda record: record.since)
    return observed.records.get(observed.deployed.revision) if observed.deployed else None


def is_feed_broken(watched: Watched, now: str) -> bool:
    """Whether the rows of any revision are, as far as is known now: of sidecars that went silent nobody can tell."""
    told = (evidence_of_state(state, now).of(Signal.FEED) for _, state in watched.states())
    return any(one.verdict is GateVerdict.FAIL for one in told)

"""The operator in a replay: its own rules, brakes, records and memory over one ChurnModel that one version serves.

No cluster: what Kubernetes, pods and MLflow would say is what a ChurnModel at rest looks like. `ours` tells it after
each window what the drift sidecars have counted and what labels say, and does what it decides.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.pod_options import PodOptions
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus, ServedRevision
from churn_operator.audit.entry import Deed, Entry, Kind
from churn_operator.audit.memory import Memory, remember
from churn_operator.audit.rollout import Phase, Rollout, Wisher
from churn_operator.decide.actions import Action, Keep, Retrain
from churn_operator.decide.decide import decide
from churn_operator.decide.drift.evidence import DriftEvidence
from churn_operator.decide.facts import find_facts
from churn_operator.decide.intend import intend
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.outcomes import outcomes
from churn_operator.decide.plan import make_plan
from churn_operator.observe.configuration import Configuration
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.record import Bundle, Fate, Record, identify
from churn_operator.observe.training import TrainingJob
from churn_operator.observe.write_result import WriteResult

SPEC: dict[str, Any] = {
    "model": {"name": "replayed"},
    "training": {"dataset": "postgresql://db/crm/customers", "ensemble": "replayed"},
    # As the other policies: a window is 1,000 rows, however long they take.
    "drift": {"window": {"rows": 1000, "maxAge": "168h"}},
    "loop": {"promote": "Auto"},
}
"""All else as it is by default."""
_CREATED = "2000-01-01T00:00:00Z"
_IMAGE = "serving:1"
_WRITTEN = WriteResult(aliases=frozenset({"champion", "previous"}))
_RUNNING = TrainingJob(finished=False, failed=False, message="")
_MOST_LOOKS = 8
"""At one moment: each reconcile does one thing."""


@dataclass
class OperatorSide:
    """What it keeps between two windows."""

    spec: ChurnModelSpec = field(default_factory=lambda: ChurnModelSpec.model_validate(SPEC))
    memory: Memory = field(default_factory=Memory)
    stable: Record | None = None
    previous: Record | None = None
    job: TrainingJob = _RUNNING
    """The retraining that is open, if one is."""
    chain: list[tuple[str, Entry]] = field(default_factory=list)
    """Every audit record with its time."""

    def serve(self, version: str, digest: str, now: str, phase: Phase = Phase.ENDED) -> None:
        """This version answers from now on; as a promotion it is on record, with what its rollout has come to."""
        record = self._record(version, digest, now)
        if self.stable is not None:
            self.append([_tried(Deed.PROMOTED, phase, record, self.stable, "every pod serves it")], now)
        self.previous, self.stable = self.stable, record

    def reject(self, version: str, digest: str, why: str, now: str) -> None:
        """A challenger was found bad while it was tried."""
        assert self.stable is not None
        self.append([_tried(Deed.REJECTED, Phase.ENDED, self._record(version, digest, now), self.stable, why)], now)

    def end_retraining(self, message: str, exit_code: int | None = None) -> None:
        """The Job that is open is over; the operator sees it when it looks again."""
        self.job = TrainingJob(finished=True, failed=exit_code is not None, message=message, exit_code=exit_code)

    def look(self, drift: DriftEvidence, labels: LabelEvidence | None, now: str) -> list[Action]:
        """What it does now, in order: it reconciles until nothing more is to be done."""
        done: list[Action] = []
        for _ in range(_MOST_LOOKS):
            observed = self._observed(drift, labels, now)
            facts = find_facts(observed)
            verdict = decide(observed, facts)
            plan = make_plan(observed, facts, verdict)
            decided = intend(observed, facts, verdict, plan)
            self.append(decided, now)
            self.append(outcomes(replace(observed, memory=self.memory), facts, plan, _WRITTEN), now)
            if not decided:
                break
            if not isinstance(verdict.action, Keep):
                done.append(verdict.action)
            if isinstance(verdict.action, Retrain):
                self.job = _RUNNING
        return done

    def append(self, entries: "list[Entry] | tuple[Entry, ...]", now: str) -> None:
        """To the audit chain."""
        for entry in entries:
            self.chain.append((now, entry))
            self.memory = remember(self.memory, entry, len(self.chain), now)

    def _observed(self, drift: DriftEvidence, labels: LabelEvidence | None, now: str) -> Observed:
        assert self.stable is not None
        open_one = self.memory.loop.open_retraining
        records = [one for one in (self.previous, self.stable) if one]
        return Observed(
            model=_model(self.spec, self.stable, self.previous),
            target=Target(self.stable.bundle.version, self.stable.bundle.digest, False),
            records={one.identifier: one for one in records},
            deployed=Deployed(self.stable.identifier, True, True, 2, wanted_pods=2),
            members={},
            answering=frozenset({self.stable.identifier}),
            ready_pods=2,
            training=None,
            children={},
            serving_image=_IMAGE,
            now=now,
            memory=self.memory,
            retrainings={open_one.occasion.name: self.job} if open_one else {},
            alias_writer=("churn", "replayed"),
            drift=drift,
            labels=labels,
        )

    def _record(self, version: str, digest: str, now: str) -> Record:
        bundle = Bundle("replayed", version, digest)
        configuration = Configuration.from_spec(self.spec, _IMAGE, PodOptions())
        identifier = identify(bundle, configuration)
        return Record(
            identifier, bundle, configuration, fate=Fate.SERVED, since=now, name=f"replayed-{identifier}", created=now
        )


def _model(spec: ChurnModelSpec, stable: Record, previous: Record | None) -> ChurnModel:
    return ChurnModel(
        name="replayed",
        namespace="churn",
        uid="uid-1",
        created=_CREATED,
        generation=1,
        deleting=False,
        spec=spec,
        status=ChurnModelStatus(stable=_served(stable), previous=_served(previous) if previous else None),
    )


def _served(record: Record) -> ServedRevision:
    bundle = record.bundle
    return ServedRevision(version=bundle.version, digest=bundle.digest, revision=record.identifier, since=record.since)


def _tried(deed: Deed, phase: Phase, record: Record, stable: Record, message: str) -> Entry:
    """What became of a challenger, as the chain has it."""
    tried = Rollout(
        phase=phase,
        revision=record.identifier,
        previous=stable.identifier,
        version=record.bundle.version,
        digest=record.bundle.digest,
        previous_version=stable.bundle.version,
        previous_digest=stable.bundle.digest,
        generation=int(record.bundle.version),
        since=record.since,
        begun=record.since,
        by=Wisher.CHALLENGER,
    )
    key = f"{deed} {record.identifier}"
    version = record.bundle.version
    return Entry(Kind.DECISION, deed, key, version, message, record.identifier, rollout=tried.to_data())

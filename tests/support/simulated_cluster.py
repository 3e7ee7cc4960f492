"""A ChurnModel, its pods, MLflow and operators in fake time, without Kubernetes: `decide` itself does all the deciding.

It does what `reconcile` does, step by step, so that an operator can end between any two of them.
"""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np
from churn_models.traffic import State, Traffic
from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.quantities import seconds
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus
from churn_operator.audit.entry import Entry
from churn_operator.audit.memory import Memory, remember
from churn_operator.decide.alias import alias_writes
from churn_operator.decide.decide import decide
from churn_operator.decide.facts import find_facts
from churn_operator.decide.intend import intend
from churn_operator.decide.observed import Observed, TargetProblem
from churn_operator.decide.outcomes import outcomes
from churn_operator.decide.plan import Plan, make_plan
from churn_operator.decide.status import next_status
from churn_operator.decide.target import challenger_of
from churn_operator.decide.traffic import TrafficWord
from churn_operator.decide.verdict import Verdict
from churn_operator.names import SERVING_CONTAINER, TRAFFIC_URL_VARIABLE, Track
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.pod_answer import PodAnswer
from churn_operator.observe.record import Record, Templates
from churn_operator.observe.write_result import WriteResult
from support.simulated_chain import Dies, Recorded, text_of
from support.simulated_deployment import SimulatedDeployment, failure_of, left_of
from support.simulated_loop import SimulatedLoop
from support.simulated_pods import SimulatedPod
from support.simulated_registry import SimulatedRegistry
from support.simulated_versions import Version

_SERVER = {"name": SERVING_CONTAINER, "env": [{"name": TRAFFIC_URL_VARIABLE, "value": "http://operator/traffic"}]}
_TEMPLATES = Templates({"spec": {"containers": [_SERVER]}})


@dataclass
class SimulatedCluster:
    """Times are seconds since its beginning."""

    registry: SimulatedRegistry
    spec: dict[str, Any] = field(default_factory=dict)
    requests_per_second: float = 50.0
    seed: int = 16
    replicas: int = 2
    now: float = 0.0
    deployment: SimulatedDeployment | None = None
    verifier: SimulatedPod | None = None
    records: dict[str, Record] = field(default_factory=dict)
    status: ChurnModelStatus = field(default_factory=ChurnModelStatus)
    memory: Memory = field(default_factory=Memory)
    chain: list[Recorded] = field(default_factory=list)
    word: TrafficWord | None = None
    """What the board says; None: no operator does."""
    generation: int = 1
    answered: dict[str, int] = field(default_factory=dict)
    """Requests by the digest that answered them, in the last tick."""
    verdict: Verdict | None = None
    """The last one."""
    observed: Observed | None = None
    """What it was made from."""
    deaths: dict[int, Dies] = field(default_factory=dict)
    """Which of the reconciles that have something to record end their operator, and where."""
    died: list[tuple[str, Dies]] = field(default_factory=list)
    """The state that was decided, and where the operator ended."""
    nobody_until: float = 0.0
    """No operator leads before then."""
    recording: int = 0
    loop: SimulatedLoop = field(default_factory=SimulatedLoop)
    """What sidecars and labels say, and the Jobs that evidence asked for."""
    _rendered: dict[str, str] = field(default_factory=dict)
    """Versions of revisions, as templates have them though records may be gone."""
    _seen: dict[str, State] = field(default_factory=dict)
    _first: dict[str, State] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._model: tuple[int, ChurnModelSpec] | None = None

    @property
    def pods(self) -> list[SimulatedPod]:
        """Of both tracks."""
        serving = self.deployment.pods if self.deployment else []
        return [*serving, *([self.verifier] if self.verifier else [])]

    def edit(self, **spec: Any) -> None:
        """A person changes the spec; None takes a field out."""
        self.spec = {name: value for name, value in (self.spec | spec).items() if value is not None}
        self.generation += 1

    def turn(self, duration: float) -> None:
        """Time goes on, for all but operators."""
        self.now += duration
        if self.deployment:
            self.deployment.turn(self.now)
        if self.verifier:
            self.verifier.turn(self.now)
        self.loop.turn(self.now, self.registry)
        sources = {pod.address: pod for pod in self.pods}
        for pod in self.deployment.pods if self.deployment else []:
            pod.hear(self.word.for_pod(pod.name) if self.word else None, sources)
        self._serve(duration)

    def _serve(self, duration: float) -> None:
        ready = [pod for pod in (self.deployment.pods if self.deployment else []) if pod.ready]
        self.answered = {}
        if not ready:
            return
        total = int(self._rng.poisson(self.requests_per_second * duration))
        shares = self._rng.multinomial(total, [1 / len(ready)] * len(ready))
        for pod, requests in zip(ready, shares, strict=True):
            for digest, answered in pod.serve(int(requests), self._rng).items():
                self.answered[digest] = self.answered.get(digest, 0) + answered

    def run(self, duration: float, tick: float = 2.0) -> None:
        """Time goes on, and an operator looks after every tick."""
        until = self.now + duration
        while self.now < until:
            self.turn(min(tick, until - self.now))
            if self.now >= self.nobody_until:
                self.reconcile()

    def die(self, seconds: float = 20.0) -> None:
        """The operator ends, and for so long nobody leads: nobody tells weights, what it heard of pods is lost."""
        self.nobody_until = self.now + seconds
        self.word = None
        self._seen, self._first = {}, {}
        self.registry.restart_watch()

    def reconcile(self) -> None:
        """As `Reconciler.reconcile` does, unless the operator ends in it."""
        observed = self._observe()
        if observed is None:
            return
        facts = find_facts(observed)
        verdict = decide(observed, facts)
        plan = make_plan(observed, facts, verdict)
        self.observed, self.verdict = observed, verdict
        intended = intend(observed, facts, verdict, plan)
        dies = self._dies(intended)
        if dies is Dies.BEFORE_RECORD:
            return self._end(verdict, dies)
        observed = replace(observed, memory=self._append(intended))
        self._say(plan)
        if dies is Dies.AFTER_RECORD:
            return self._end(verdict, dies)
        written = self._apply(observed, plan)
        if dies is Dies.AFTER_ACTION:
            return self._end(verdict, dies)
        observed = replace(observed, memory=self._append(outcomes(observed, facts, plan, written)))
        self.status = next_status(observed, facts, verdict, plan, written)

    def _dies(self, intended: tuple[Entry, ...]) -> Dies | None:
        if not intended:
            return None
        self.recording += 1
        return self.deaths.get(self.recording)

    def _end(self, verdict: Verdict, dies: Dies) -> None:
        self.died.append((str(verdict.state), dies))
        self.die()

    def _append(self, entries: tuple[Entry, ...]) -> Memory:
        for entry in entries:
            self.chain.append(Recorded(self.now, entry))
            self.memory = remember(self.memory, entry, len(self.chain), text_of(self.now))
        return self.memory

    def _observe(self) -> Observed | None:
        model = self._churn_model()
        known = [record.bundle for record in self.records.values()]
        target = self.registry.find(model.spec.model, [*known], self.now)
        if target is None:
            return None
        source = challenger_of(model.spec)
        challenger = self.registry.find(source, [*known], self.now) if source else None
        serving = self.deployment.pods if self.deployment else []
        pods = tuple(map(self._answer, self.pods))
        self._seen |= {pod.state.instance: pod.state for pod in pods if pod.state}
        return Observed(
            model=model,
            target=target,
            records=self.records,
            deployed=self._deployed(model),
            members={},
            answering=frozenset(pod.revision for pod in serving),
            ready_pods=sum(pod.ready for pod in serving),
            training=None,
            children={},
            serving_image="serving:1",
            now=text_of(self.now),
            memory=self.memory,
            pods=pods,
            seen=tuple(self._seen.values()),
            looked_since=text_of(self.nobody_until),
            verifier=self._verifier(model),
            challenger=None if isinstance(challenger, TargetProblem) else challenger,
            alias_writer=("churn", "telco"),
            **self.loop.observe(self.now, self.status.stable),
        )

    def _churn_model(self) -> ChurnModel:
        if self._model is None or self._model[0] != self.generation:
            spec = {"model": {"name": "telco"}, **self.spec}
            self._model = self.generation, ChurnModelSpec.model_validate(spec)
        return ChurnModel(
            name="telco",
            namespace="churn",
            uid="uid-1",
            generation=self.generation,
            deleting=False,
            created=text_of(0.0),
            spec=self._model[1],
            status=self.status,
        )

    def _deployed(self, model: ChurnModel) -> Deployed | None:
        if self.deployment is None:
            return None
        return self.deployment.observe(self.now, seconds(model.spec.rollout.progress_deadline))

    def _verifier(self, model: ChurnModel) -> Deployed | None:
        pod = self.verifier
        if pod is None:
            return None
        left = left_of([pod], self.now, seconds(model.spec.rollout.progress_deadline))
        return Deployed(pod.revision, pod.ready, True, int(pod.ready), failure_of([pod]), seconds_left=left)

    def _answer(self, pod: SimulatedPod) -> PodAnswer:
        state = pod.state()
        if state:
            self._first.setdefault(state.instance, state)
        return PodAnswer(
            name=pod.name,
            address=pod.address,
            revision=pod.revision,
            track=pod.track,
            ready=pod.ready,
            ready_since=text_of(pod.ready_since) if pod.ready_since is not None else "",
            state=state,
            first=self._first.get(pod.name) if state else None,
            heard_since=text_of(pod.ready_since) if state and pod.ready_since is not None else "",
            started=text_of(pod.created),
        )

    def _say(self, plan: Plan) -> None:
        self.word = getattr(plan, "traffic", None) or TrafficWord(Traffic(generation=0))

    def _apply(self, observed: Observed, plan: Plan) -> WriteResult:
        self.records = {one.identifier: self._written(one) for one in plan.records}
        self._rendered |= {one.identifier: one.bundle.version for one in plan.records}
        if plan.serving:
            if self.deployment is None:
                self.deployment = SimulatedDeployment(plan.serving.identifier, self._start_serving, self.replicas)
            self.deployment.revision = plan.serving.identifier
        if self.deployment:
            self.deployment.is_paused = plan.stops_rollout
        self._apply_verifier(plan)
        if plan.retraining:
            self.loop.start(plan.retraining, self.now)
        return self._write_aliases(observed)

    def _write_aliases(self, observed: Observed) -> WriteResult:
        problems = {one.alias: self.registry.point(one.alias, one.version, one.over) for one in alias_writes(observed)}
        taken = frozenset(alias for alias, problem in problems.items() if problem is None)
        return WriteResult(aliases=taken, alias_problem=next(filter(None, problems.values()), None))

    def _written(self, record: Record) -> Record:
        if record.name:
            return record
        return replace(record, name=f"telco-{record.identifier}", created=text_of(self.now), templates=_TEMPLATES)

    def _apply_verifier(self, plan: Plan) -> None:
        if plan.verifier is None:
            self.verifier = None
        elif self.verifier is None or self.verifier.revision != plan.verifier.identifier:
            self.verifier = self._start(plan.verifier.identifier, Track.CANDIDATE)

    def _start_serving(self, revision: str) -> SimulatedPod:
        return self._start(revision, Track.STABLE)

    def _start(self, revision: str, track: Track) -> SimulatedPod:
        number, version = next(self._numbers), self._version_of(revision)
        return SimulatedPod(
            f"telco-{number}", f"10.0.0.{number}", revision, track, version, self.registry.versions, self.now, self.now
        )

    def _version_of(self, revision: str) -> Version:
        return self.registry.versions[self._rendered[revision]]

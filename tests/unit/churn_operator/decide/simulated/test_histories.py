"""Random histories: people, trainings, MLflow, pods and operators do what they like, and the invariants hold."""

from typing import Any

from churn_models.names import CHALLENGER, CHAMPION
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from support.rollout_invariants import Invariants
from support.simulated_chain import Dies
from support.simulated_cluster import SimulatedCluster
from support.simulated_registry import SimulatedRegistry
from support.simulated_rollouts import GOOD
from support.simulated_versions import Makes, Starts, Version

_VERSIONS = {
    version.number: version
    for version in (
        Version("1"),
        Version("2", comparison=GOOD),
        Version("3", makes=Makes.INVERTED, comparison=GOOD),
        Version("4", fault_share=0.3),
        Version("5", Starts.BAD_BUNDLE),
        Version("6", Starts.NEVER),
        Version("7", failure_share=0.5),
        Version("8", comparison=GOOD),
    )
}
_STRATEGIES = ("Canary", "Shadow", "Canary", "Direct")
_NUMBERS = st.sampled_from(sorted(_VERSIONS))
_STEPS = [{"weight": 10, "hold": "20s"}, {"weight": 50, "hold": "30s"}]
_THEN = st.sampled_from((2, 20, 60, 60, 150))
"""Seconds that pass after each deed, so that most of them come while something is tried."""


class Histories(RuleBasedStateMachine):
    """One ChurnModel's life."""

    @initialize(
        strategy=st.sampled_from(_STRATEGIES),
        promote=st.sampled_from(("Auto", "Suggest", "Observe")),
        pods=st.integers(1, 3),
        seed=st.integers(0, 1_000),
    )
    def _begin(self, strategy: str, promote: str, pods: int, seed: int) -> None:
        rollout = {"strategy": strategy, "steps": _STEPS, "probation": "2m", "progressDeadline": "2m"}
        spec: dict[str, Any] = {"rollout": rollout, "loop": {"promote": promote}}
        registry = SimulatedRegistry(_VERSIONS, {CHAMPION: "1"})
        self.cluster = SimulatedCluster(registry, spec, seed=seed, replicas=pods)
        self.held = Invariants(self.cluster)
        self._run(120, 10)

    @rule(duration=st.sampled_from((150, 400)))
    def _time_passes(self, duration: int) -> None:
        self._run(duration)

    @rule(number=_NUMBERS, then=_THEN)
    def _a_person_moves_champion(self, number: str, then: int) -> None:
        self.cluster.registry.aliases[CHAMPION] = number
        self._run(then)

    @rule(number=_NUMBERS, is_pinned=st.booleans())
    def _a_version_is_tried_for_long(self, number: str, is_pinned: bool) -> None:
        if is_pinned:
            self.cluster.edit(model={"name": "telco", "version": number})
        self.cluster.registry.aliases[CHAMPION] = number
        self._run(300)

    @rule(number=_NUMBERS, then=_THEN)
    def _a_training_moves_challenger(self, number: str, then: int) -> None:
        self.cluster.registry.aliases[CHALLENGER] = number
        self._run(then)

    @rule(strategy=st.sampled_from(_STRATEGIES), then=_THEN)
    def _a_person_changes_the_strategy(self, strategy: str, then: int) -> None:
        self._edit_rollout(strategy=strategy)
        self._run(then)

    @rule(steps=st.sampled_from(([(1, "10s"), (5, "30s")], [(60, "20s")], [(10, "20s"), (50, "30s")])), then=_THEN)
    def _a_person_edits_the_steps(self, steps: list[tuple[int, str]], then: int) -> None:
        self._edit_rollout(steps=[{"weight": weight, "hold": hold} for weight, hold in steps])
        self._run(then)

    @rule(number=_NUMBERS, then=_THEN)
    def _a_record_is_deleted(self, number: str, then: int) -> None:
        known = self.cluster.records
        self.cluster.records = {name: one for name, one in known.items() if one.bundle.version != number}
        self._run(then)

    @rule(word=st.sampled_from(("once", "again", "more")), then=_THEN)
    def _a_person_asks_for_a_retry(self, word: str, then: int) -> None:
        self._edit_rollout(retry=word)
        self._run(then)

    @rule(number=_NUMBERS, then=_THEN)
    def _a_person_approves(self, number: str, then: int) -> None:
        self._edit_rollout(approve=number)
        self._run(then)

    @rule(paused=st.sampled_from((True, False, False)), then=_THEN)
    def _a_person_pauses(self, paused: bool, then: int) -> None:
        self.cluster.edit(paused=paused or None)
        self._run(then)

    @rule(number=st.one_of(st.none(), _NUMBERS), then=_THEN)
    def _a_person_pins_a_version(self, number: str | None, then: int) -> None:
        self.cluster.edit(model={"name": "telco", **({"version": number} if number else {})})
        self._run(then)

    @rule(is_away=st.sampled_from((True, False, False)), then=_THEN)
    def _mlflow_goes_or_comes(self, is_away: bool, then: int) -> None:
        self.cluster.registry.is_away = is_away
        self._run(then)

    @rule(rate=st.sampled_from((0.0, 0.01, 5.0, 50.0)), then=_THEN)
    def _traffic_changes(self, rate: float, then: int) -> None:
        self.cluster.requests_per_second = rate
        self._run(then)

    @rule(dies=st.sampled_from(Dies), after=st.integers(1, 3), then=_THEN)
    def _an_operator_will_end_beside_a_record(self, dies: Dies, after: int, then: int) -> None:
        self.cluster.deaths = {self.cluster.recording + after: dies}
        self._run(then)

    @rule(duration=st.sampled_from((5, 60)), then=_THEN)
    def _an_operator_ends(self, duration: int, then: int) -> None:
        self.cluster.die(duration)
        self._run(then)

    @rule(pods=st.integers(0, 4), then=_THEN)
    def _the_autoscaler_scales(self, pods: int, then: int) -> None:
        if self.cluster.deployment:
            self.cluster.deployment.wanted = pods
        self._run(then)

    @rule(number=st.integers(0, 4), then=_THEN)
    def _a_pod_goes(self, number: int, then: int) -> None:
        pods = self.cluster.deployment.pods if self.cluster.deployment else []
        if pods:
            pods.pop(number % len(pods))
        self._run(then)

    @precondition(lambda self: self.cluster.verifier is not None)
    @rule(then=_THEN)
    def _the_verifier_starts_again(self, then: int) -> None:
        verifier = self.cluster.verifier
        assert verifier is not None
        verifier.created, verifier.ready_since, verifier.tables = self.cluster.now, None, {}
        self._run(then)

    @rule(number=st.integers(0, 4), answers=st.booleans(), then=_THEN)
    def _a_pod_stops_answering_what_it_saw(self, number: int, answers: bool, then: int) -> None:
        pods = self.cluster.deployment.pods if self.cluster.deployment else []
        if pods:
            pods[number % len(pods)].answers_state = answers
        self._run(then)

    def teardown(self) -> None:
        """Once nothing happens any more it comes to rest."""
        if not hasattr(self, "cluster"):
            return
        cluster = self.cluster
        cluster.edit(paused=None)
        cluster.registry.is_away, cluster.requests_per_second, cluster.deaths = False, 50.0, {}
        for pod in cluster.pods:
            pod.answers_state = True
        if cluster.deployment:
            cluster.deployment.wanted = max(cluster.deployment.wanted, 1)
        self._run(1_800, 30)
        rollout = cluster.memory.rollout
        rests = rollout is None or not rollout.lasts or cluster.status.state in ("SafeMode",) or self._waits()
        assert rests, self.held.told()

    def _waits(self) -> bool:
        verdict = self.cluster.verdict
        return verdict is not None and verdict.reason in ("AwaitsApproval", "BothBad")

    def _edit_rollout(self, **fields: Any) -> None:
        self.cluster.edit(rollout=self.cluster.spec["rollout"] | fields)

    def _run(self, duration: float, tick: float = 5.0) -> None:
        cluster = self.cluster
        until = cluster.now + duration
        while cluster.now < until:
            ready = sum(pod.ready for pod in cluster.deployment.pods) if cluster.deployment else 0
            cluster.turn(tick)
            self.held.ready_pods_stay(ready)
            if cluster.now >= cluster.nobody_until:
                cluster.reconcile()
            self.held.hold(tick)


Histories.TestCase.settings = settings(
    max_examples=40, stateful_step_count=20, derandomize=True, suppress_health_check=list(HealthCheck)
)
test_histories = Histories.TestCase

"""What must hold in the simulated cluster after every look of an operator, whatever has happened before."""

from collections import Counter
from dataclasses import dataclass, field

from churn_operator.api.quantities import seconds
from churn_operator.api.status import State
from churn_operator.audit.entry import Deed, Kind
from churn_operator.audit.rollout import Phase, Rollout
from churn_operator.observe.record import Fate, Record
from support.simulated_cluster import SimulatedCluster

_SLACK = 180.0
"""Seconds that a state may last beyond its deadline: ticks are up to a minute long, operators away for one."""
_LOOKS = 8
"""Looks at one unchanged world after which nothing is left to decide."""
_ALIASES = (Deed.CHAMPION_SET, Deed.PREVIOUS_SET)
"""Open until MLflow has them."""


@dataclass
class Invariants:
    """Of one history."""

    cluster: SimulatedCluster
    lasted: float = 0.0
    """Seconds of the phase in which its clock could go on."""
    _phase: tuple[str, str, int] | None = None
    _ready: int = 0
    _begun: tuple[float | None, str, float] | None = None
    _verifying: float = 0.0
    """Seconds in the state Verifying."""
    _open: dict[str, float] = field(default_factory=dict)

    def hold(self, duration: float) -> None:
        """After a tick of that duration, and the operator's look."""
        self.one_action_for_one_evidence()
        self.weights_are_shares_of_all()
        self.quarantined_bundles_do_not_serve()
        self.a_state_ends(duration)
        self.verifying_ends_though_pods_are_silent(duration)
        self.begun_actions_are_finished(duration)

    def one_action_for_one_evidence(self) -> None:
        """Looking again at the same world decides nothing twice, and comes to rest."""
        cluster = self.cluster
        if cluster.now < cluster.nobody_until:
            return
        start = next((n for n, one in enumerate(cluster.chain) if one.time >= cluster.now), len(cluster.chain))
        for _ in range(_LOOKS):
            before = len(cluster.chain)
            cluster.reconcile()
            if len(cluster.chain) == before or cluster.now < cluster.nobody_until:
                break
        else:
            raise AssertionError(f"it does not come to rest: {self.told()}")
        taken = Counter(one.entry.key for one in cluster.chain[start:] if one.entry.kind == Kind.DECISION)
        twice = [key for key, times in taken.items() if times > 1 and not cluster.died]
        assert not twice, f"decided twice: {twice}: {self.told()}"

    def weights_are_shares_of_all(self) -> None:
        """Each request is answered by one of two versions at most, and something tried has a share of the hundred."""
        cluster = self.cluster
        for pod in cluster.deployment.pods if cluster.deployment else []:
            state = pod.state()
            if state and state.in_force:
                assert 0 <= state.in_force.weight <= 100
        told = [one.weight for one in (cluster.status.stable, cluster.status.candidate) if one]
        if len(told) == 2 and None not in told:
            assert sum(one or 0 for one in told) == 100, told
        assert len([count for count in cluster.answered.values() if count]) <= 3, cluster.answered

    def quarantined_bundles_do_not_serve(self) -> None:
        """Unless a person asks for it again, or nothing else is left to run."""
        cluster = self.cluster
        for record in self._quarantined():
            assert not self._has_weight(record), f"{record.bundle.version} has a weight: {self.told()}"
            if cluster.deployment and cluster.deployment.revision == record.identifier:
                assert self._is_all_there_is(record), f"{record.bundle.version} runs: {self.told()}"

    def a_state_ends(self, duration: float) -> None:
        """Of a rollout: each phase but the steps, which wait for evidence, ends by its deadline."""
        rollout = self.cluster.memory.rollout
        if rollout is None or not rollout.lasts:
            self._phase = None
            return
        phase = (rollout.phase.value, rollout.since, rollout.generation)
        if phase != self._phase:
            self._phase, self.lasted = phase, 0.0
        elif self._clock_goes_on():
            self.lasted += duration
        deadline = self._deadline(rollout)
        if deadline is not None:
            assert self.lasted <= deadline + _SLACK, f"{rollout.phase} lasts {self.lasted} s: {self.told()}"

    def verifying_ends_though_pods_are_silent(self, duration: float) -> None:
        """By its deadline it is told as waiting; a verifier that starts again, or another operator, begins it anew."""
        cluster, spec = self.cluster, self.cluster.spec.get("rollout") or {}
        verifier, rollout = cluster.verifier, cluster.memory.rollout
        begun = (verifier.ready_since if verifier else None, rollout.since if rollout else "", cluster.nobody_until)
        stands_still = cluster.spec.get("paused") or cluster.memory.loop.frozen_since
        if cluster.status.state != State.VERIFYING or begun != self._begun or stands_still:
            self._begun, self._verifying = begun, 0.0
        elif cluster.now >= cluster.nobody_until:
            self._verifying += duration
        deadline = seconds(spec.get("progressDeadline", "5m"))
        assert self._verifying <= deadline + _SLACK, f"Verifying lasts {self._verifying} s: {self.told()}"

    def begun_actions_are_finished(self, duration: float) -> None:
        """What is on record as decided has an outcome soon, whoever leads."""
        cluster = self.cluster
        if cluster.now < cluster.nobody_until:
            return
        open_now = [key for key, one in cluster.memory.begun.items() if one.action not in _ALIASES]
        self._open = {key: self._open.get(key, 0.0) + duration for key in open_now}
        late = [key for key, age in self._open.items() if age > _SLACK]
        assert not late or not self._clock_goes_on(), f"begun and not finished: {late}: {self.told()}"

    def ready_pods_stay(self, before: int) -> None:
        """Time alone takes no ready pod away that is wanted."""
        deployment = self.cluster.deployment
        if deployment is not None:
            ready = sum(pod.ready for pod in deployment.pods)
            assert ready >= min(before, deployment.wanted), f"{before} ready pods, now {ready}: {self.told()}"

    def _deadline(self, rollout: Rollout) -> float | None:
        spec = self.cluster.observed.model.spec.rollout if self.cluster.observed else None
        pods = self.cluster.deployment.wanted if self.cluster.deployment else 1
        if spec is None or rollout.phase in (Phase.SHADOWING, Phase.CANARY, Phase.SAFE_MODE):
            return None
        if rollout.phase is Phase.PROBATION:
            return seconds(spec.probation)
        # Each of the pods has the deadline for itself.
        return seconds(spec.progress_deadline) * (pods + 1)

    def _clock_goes_on(self) -> bool:
        cluster = self.cluster
        serving = cluster.deployment.pods if cluster.deployment else []
        # Pods that are silent, or not there, are waited for.
        answers = bool(serving) and all(pod.answers_state for pod in serving)
        return answers and not cluster.spec.get("paused") and cluster.now >= cluster.nobody_until

    def _quarantined(self) -> list[Record]:
        token = (self.cluster.spec.get("rollout") or {}).get("retry") or ""
        known = self.cluster.records.values()
        served = {one.bundle.digest: one.since for one in known if one.fate is Fate.SERVED}
        return [
            one
            for one in known
            if one.fate is Fate.QUARANTINED
            and (not token or token == one.retry)
            and one.since >= served.get(one.bundle.digest, "")
        ]

    def _has_weight(self, record: Record) -> bool:
        word = self.cluster.word
        if word is None or not word.traffic.weight:
            return False
        digests = {table.sha256: table.digest for table in word.traffic.tables}
        return digests[word.traffic.candidate or ""] == record.bundle.digest

    def _is_all_there_is(self, record: Record) -> bool:
        rollout = self.cluster.memory.rollout
        others = [one for one in self.cluster.records.values() if one.fate is Fate.SERVED]
        is_safe_mode = rollout is not None and rollout.phase is Phase.SAFE_MODE
        return is_safe_mode or not [one for one in others if one.bundle.digest != record.bundle.digest]

    def told(self) -> str:
        """What has happened last."""
        lines = [f"now {self.cluster.now:g}, {self.cluster.status.state}, {self.cluster.memory.rollout}"]
        for one in self.cluster.chain[-12:]:
            entry = one.entry
            lines.append(
                f"{one.time:g} {entry.kind} {entry.action} {entry.version} {entry.result or ''} {entry.message}"
            )
        return "\n".join(lines)

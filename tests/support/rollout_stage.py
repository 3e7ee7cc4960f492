"""Where rollouts are played to a real operator: its namespace, pods that answer, and versions that behave as told."""

from dataclasses import dataclass
from datetime import UTC, datetime

from churn_models.comparison import ComparedChampion
from churn_models.names import CHALLENGER, CHAMPION
from support.audit_chain import records, words
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually
from support.fake_comparison import comparison
from support.fake_mlflow_registry import FakeVersion
from support.fake_serving_pods import FakeServingPods
from support.fake_status import Fate
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object
from support.simulated_versions import Makes, Version

SECONDS = 60.0
"""For whatever is waited for; most of it comes in two or three."""
CANARY: Object = {
    "strategy": "Canary",
    "steps": [{"weight": 25, "hold": "2s"}, {"weight": 50, "hold": "2s"}],
    "probation": "10s",
}
GOOD = Version("")
NOT_FINITE = Version("", fault_share=0.3)
INVERTED = Version("", makes=Makes.INVERTED)
FAILING = Version("", failure_share=0.5)


@dataclass(frozen=True)
class RolloutStage:
    """One operator at a time, in one namespace."""

    rig: Rig
    operator: RunningOperator
    namespace: str
    pods: FakeServingPods

    def set_up(self, *operators: RunningOperator) -> None:
        """Pods find these operators. They start slowly enough to be seen, and count at once as ready for long: a table
        spreads half a minute after its verifier got ready, and a first new pod is compared for 20 seconds."""
        self.pods.reach(*operators)
        self.rig.kubelet.decide(self.namespace, "", Fate(starts_in=2))

    def champion(self, model: str, behaviour: Version) -> FakeVersion:
        """One more version of this behaviour."""
        version = self.rig.mlflow.register(model)
        self.pods.register(version, behaviour)
        self.rig.mlflow.set_alias(version, CHAMPION)
        return version

    def challenge(self, model: ChurnModelHandle, champion: FakeVersion, behaviour: Version) -> FakeVersion:
        """What a training does that nobody asked for: it has compared its version with the champion."""
        named = ComparedChampion(version=champion.version, digest=champion.digest)
        compared = comparison("1").model_copy(update={"champion": named})
        version = self.rig.mlflow.register(model.name, comparison=compared.model_dump_json().encode())
        self.pods.register(version, behaviour)
        self.rig.mlflow.set_alias(version, CHALLENGER)
        return version

    def roll_out(self, model: ChurnModelHandle, behaviour: Version) -> FakeVersion:
        """What a person does who wants a version."""
        version = self.champion(model.name, behaviour)
        model.nudge()
        return version

    def serve(self, spec: Object | None = None, **rollout: object) -> tuple[ChurnModelHandle, FakeVersion]:
        """A ChurnModel whose first version serves."""
        name = self.rig.name()
        first = self.champion(name, GOOD)
        more = spec or {}
        model = self.rig.create(self.namespace, name, serving={"replicas": 2}, rollout={**CANARY, **rollout}, **more)
        model.wait_ready(first.digest, SECONDS)
        self.wait_for_pods(model, [first.digest] * 2)
        return model, first

    def serving(self, model: ChurnModelHandle) -> list[str]:
        """Whose pods answer."""
        return [pod.runs.digest for pod in self.pods.of(model.name)]

    def wait_for_pods(self, model: ChurnModelHandle, digests: list[str]) -> None:
        """Until these answer, and no others."""
        eventually(lambda: sorted(self.serving(model)) == sorted(digests), SECONDS)

    def wait_for_weight(self, model: ChurnModelHandle, weight: int) -> None:
        """Until it is in force in every pod."""
        eventually(lambda: self.pods.weights(model.name) == {weight}, SECONDS)

    def wait_for_state(self, model: ChurnModelHandle, state: str) -> None:
        """Until the status says so. Raises AssertionError with the status."""
        try:
            eventually(lambda: model.status()["state"] == state, SECONDS)
        except AssertionError as error:
            raise AssertionError(f"not {state}: {model.status()}; {deeds(model)}") from error

    def last_answer_after(self, digest: str, record: Object) -> float:
        """Seconds from a record, whose time is in whole seconds, to the last answer of a version."""
        decided = datetime.strptime(record["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return self.pods.last_answer(digest) - decided.timestamp()


def deeds(model: ChurnModelHandle, since: int = 0) -> list[str]:
    """What was decided, oldest first, without outcomes."""
    return [word for word in words(records(model, since)) if " " not in word]

"""`make demo-loop`: the closed loop on a cluster, through Kubernetes, Jobs and MLflow, in ten minutes at most.

Nothing is played: ChurnModels are trained, served and asked in the cluster of `make cluster deploy`. What the audit
chains say is printed as it comes. `make demo-drift` is the same without a cluster.
"""

import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from churn_models.ensemble_spec import load_ensemble
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference
from support.kubectl import Kubectl, KubectlFailed
from support.kubernetes_cluster import SYSTEM, Cluster
from support.loop_fleet import AT_FAULT, BROKEN, MOVED, LoopFleet, loop_fleet
from support.loop_looks import decided

_SHOWN = (*MOVED, BROKEN, AT_FAULT)
_SECONDS = 480
_PAUSE = 3.0
_STORY = {
    **{name: f"a rival has come, half of its customers are others; engine {engine}" for name, engine in MOVED.items()},
    BROKEN: "its source has begun to send charges in cents",
    AT_FAULT: "somebody promotes a version that scores the wrong way round",
}
_MESSAGE = 150


def main() -> None:
    """Tell the story."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        cluster = _cluster(Path(folder))
        print("four ChurnModels are trained in the cluster, and asked by customers in it", flush=True)
        with loop_fleet(cluster, Path(folder), _SHOWN) as fleet:
            _tell(fleet, cluster)
            print(cluster.kubectl.run("-n", "churn", "get", "churnmodels", *_SHOWN))
    print(f"done in {time.monotonic() - began:.0f} s")


def _cluster(folder: Path) -> Cluster:
    kubectl = Kubectl(folder)
    try:
        kubectl.run("-n", SYSTEM, "rollout", "status", "deployment/churn-operator", "--timeout=5s")
    except KubectlFailed:
        sys.exit("ChurnServe is not deployed here: make cluster deploy")
    _, schema = load_ensemble(Path("models/telco"))
    return Cluster(kubectl, schema, folder / "telco.csv", folder)


def _tell(fleet: LoopFleet, cluster: Cluster) -> None:
    for name, story in _STORY.items():
        print(f"  {name:<12} {story}", flush=True)
    with cluster.registry() as registry:
        registry.set_alias(registry.resolve(ModelReference(AT_FAULT, version=fleet.versions["inverted"])), CHAMPION)
    chain = _Chain(fleet)
    while not all(end(fleet) for end in _ENDS):
        chain.tell()
        if time.time() > fleet.began + _SECONDS:
            sys.exit(f"not at its end within {_SECONDS} s")
        time.sleep(_PAUSE)
    chain.tell()
    (alert, *_) = fleet.receiver.heard("FeedBroken", BROKEN)
    print(f"\na receiver of Alertmanager's heard: {alert['annotations']['summary']}")


class _Chain:
    """What is new in the audit chains."""

    def __init__(self, fleet: LoopFleet) -> None:
        self._fleet = fleet
        self._told = {name: model.records()[-1].sequence for name, model in fleet.models.items()}

    def tell(self) -> None:
        for name, model in self._fleet.models.items():
            for one in model.records():
                if one.sequence > self._told[name] and one.kind != "Outcome":
                    at = max(0, one.time - self._fleet.began)
                    version = f" version {one.version}" if one.version else ""
                    print(f"  {at:>4.0f} s  {name:<12} {one.action}{version}: {one.message[:_MESSAGE]}", flush=True)
                self._told[name] = max(self._told[name], one.sequence)


def _is_promoted(name: str) -> Callable[[LoopFleet], bool]:
    def check(fleet: LoopFleet) -> bool:
        seen = fleet.models[name].watch.now(name)
        return seen is not None and (seen.state, seen.status["stable"]["version"]) == ("Stable", "2")

    return check


_ENDS: tuple[Callable[[LoopFleet], bool], ...] = (
    *(_is_promoted(name) for name in MOVED),
    lambda fleet: bool(decided(fleet.models[BROKEN], "Frozen") and fleet.receiver.heard("FeedBroken", BROKEN)),
    lambda fleet: bool(decided(fleet.models[AT_FAULT], "RollbackEnded")),
)
"""What is waited for."""


if __name__ == "__main__":
    main()

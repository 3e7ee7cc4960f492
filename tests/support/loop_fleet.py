"""The ChurnModels of the loop's tests on a real cluster: each lives through another thing, all of them at once."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from support.alert_receiver import AlertReceiver, alert_receiver
from support.alike_bundle import alike
from support.asking_users import Asked
from support.bad_candidates import inverted, not_finite
from support.churn_model_watch import churn_model_watch
from support.demo_drift_world import World
from support.kubernetes_cluster import Cluster
from support.load_pod import asking_from_a_pod
from support.loop_world import DATASET, loop_world, put_ensemble, put_into_postgresql, questions_of
from support.registered_bundle import forget_model, register_bundles
from support.rolled_model import RolledModel
from support.user_log import UserLog, read_user_log

MOVED = {"loop-native": "Native", "loop-alibi": "AlibiDetect"}
"""Their customers are others than those of the training, and so are the outcomes that the table has by then."""
BROKEN = "loop-feed"
"""Its customers' charges come in cents."""
AT_FAULT = "loop-fault"
"""Somebody points its champion at a version that scores the wrong way round, and later at others."""
ASKS = "loop-asks"
"""Its world has moved, too, and a person has to say yes to everything. Its customers' predictions are kept."""
HURT, SLOW = "loop-hurt", "loop-slow"
"""The sidecar of one is killed and stopped, that of the other has hardly any CPU; they serve what AT_FAULT does, by
version."""
TRAINED = (*MOVED, BROKEN, AT_FAULT, ASKS)
ALL = (*TRAINED, HURT, SLOW)
CUSTOMER = "x-customer"
"""The header by which requests to ASKS name their customer."""
WINDOW_SECONDS = 60
"""No window is shorter."""

_START_SECONDS = 300
_PER_SECOND = 5
_MOST = 1_280
_ZONE = "churn.svc.cluster.local"
_WINDOW = {"rows": 300, "minRows": 100, "maxAge": "1m"}
_TRAINING = {
    "dataset": f"postgresql://postgresql.churnserve-system/churn/{DATASET}",
    "credentialsSecret": "postgresql-credentials",
    "ensemble": {"configMap": DATASET},
    "resources": {"cpu": "20m", "memory": "1Gi"},
}


@dataclass(frozen=True)
class LoopFleet:
    """While it lasts, customers ask."""

    models: dict[str, RolledModel]
    receiver: AlertReceiver
    began: float
    """When the first customer asked."""
    versions: dict[str, str]
    """Of AT_FAULT's model: `inverted`, `not finite`, and `alike` and `alike too`, which are as good as the first."""
    logs: dict[str, Path]

    def users(self, name: str) -> UserLog:
        """What this one's customers have got so far."""
        return read_user_log(self.logs[name], name)


def spec(name: str) -> dict[str, Any]:
    """What a person writes who wants all of the loop, with windows of a minute."""
    steps = [{"weight": 50, "hold": "5s"}]
    common: dict[str, Any] = {
        "serving": {"replicas": 1, "resources": {"cpu": "20m", "memory": "640Mi"}},
        "rollout": {"strategy": "Canary", "steps": steps, "gates": {"minPairs": 100}, "probation": "10s"},
        "drift": {"engine": MOVED.get(name, "Native"), "window": _WINDOW},
    }
    if name in (HURT, SLOW):
        return common | {"model": {"name": AT_FAULT, "version": "1"}}
    if name == AT_FAULT:
        common["rollout"] = {"strategy": "Direct", "probation": "10m"}
    if name == ASKS:
        common["rollout"]["sticky"] = CUSTOMER
        common["labels"] = {"delay": "1440h", "sample": 1.0}
    modes = {"promote": "Suggest", "retrain": "Suggest"} if name == ASKS else {"promote": "Auto"}
    return common | {"model": {"name": name}, "training": _TRAINING, "loop": modes}


@contextmanager
def loop_fleet(cluster: Cluster, scratch: Path, names: tuple[str, ...] = ALL) -> Iterator[LoopFleet]:
    """All models at version 1, Ready, and asked."""
    world = loop_world()
    with ExitStack() as opened:
        watch = opened.enter_context(churn_model_watch(cluster.kubectl))
        models = {name: RolledModel(cluster, watch, name) for name in names}
        _start(cluster, models, world)
        for model in models.values():
            opened.callback(model.delete)
        receiver = opened.enter_context(alert_receiver(cluster.kubectl))
        versions = _more_versions(cluster, scratch)
        # What a retraining finds: outcomes of the moved world.
        put_into_postgresql(cluster, world.moved_known())
        began = time.time()
        logs: dict[str, Path] = {}
        for title, (customers, theirs) in _customers(world).items():
            plan = [_asked(name) for name in theirs if name in names]
            asked = questions_of(cluster, customers(_MOST))
            log = opened.enter_context(asking_from_a_pod(cluster.kubectl, scratch, asked, plan, f"asking-{title}"))
            logs |= dict.fromkeys(theirs, log)
        yield LoopFleet(models, receiver, began, versions, logs)


def _customers(world: World) -> dict[str, tuple[Callable[[int], pd.DataFrame], tuple[str, ...]]]:
    """Who asks which models."""
    return {
        "moved": (world.moved, (*MOVED, ASKS)),
        "broken": (world.in_cents, (BROKEN,)),
        "usual": (world.usual, (AT_FAULT, HURT, SLOW)),
    }


def _start(cluster: Cluster, models: dict[str, RolledModel], world: World) -> None:
    for model in models.values():
        model.delete()
        forget_model(cluster, model.name)
    put_ensemble(cluster)
    put_into_postgresql(cluster, world.known)
    for model in models.values():
        model.apply(spec(model.name))
    for model in models.values():
        model.wait_stable("1", _START_SECONDS)


def _more_versions(cluster: Cluster, scratch: Path) -> dict[str, str]:
    good = cluster.fetch("1", AT_FAULT)
    makers = {"inverted": inverted, "not finite": not_finite, "alike": alike, "alike too": alike}
    folders = {name: make(good, scratch / name.replace(" ", "-")) for name, make in makers.items()}
    return dict(zip(folders, register_bundles(cluster, folders.values(), AT_FAULT), strict=True))


def _asked(name: str) -> Asked:
    return Asked(name, f"http://{name}.{_ZONE}:8080/v2/models/{name}/infer", _PER_SECOND)

"""An operator that starts where everything is settled reads, and writes nothing."""

from itertools import cycle

from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object

MODELS = 200
# Two cores, with two other tests beside.
_ALL_READY_SECONDS = 480
_READ_AGAIN_SECONDS = 120
_MODEL = "settled-model"

# What a user may write, the equal forms of a quantity among them: the API server keeps another text than it is sent.
SPECS: list[Object] = [
    {"serving": {"replicas": 1}},
    {"serving": {"replicas": 1, "resources": {"cpu": "0.5", "memory": "1024Mi"}}},
    {"serving": {"autoscaling": {"minReplicas": 1, "maxReplicas": 2}}},
    {
        "serving": {"replicas": 1, "resources": {"cpu": "1000m", "memory": "1Gi"}},
        "rollout": {"progressDeadline": "90s"},
    },
    {"serving": {"replicas": 1}, "model": {"name": _MODEL, "version": "1"}},
]


def test_a_restart_with_settled_models_writes_nothing(rig: Rig) -> None:
    rig.champion(_MODEL)
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator:
        specs = cycle(SPECS)
        models = [rig.create(namespace, rig.name(), _MODEL, **next(specs)) for _ in range(MODELS)]
        eventually(lambda: _all_ready(rig, namespace), _ALL_READY_SECONDS, pause=1.0)
        eventually(lambda: operator.proxy.quiet_for(3.0), _ALL_READY_SECONDS)
        operator.process.stop()
        written_before = len(operator.proxy.writes)
        operator.proxy.reads.clear()
        operator.process.start()
        eventually(lambda: _all_read(operator, models), _READ_AGAIN_SECONDS, pause=0.5)
        eventually(lambda: operator.proxy.quiet_for(3.0), _READ_AGAIN_SECONDS)
        written = operator.proxy.writes[written_before:]
    assert record("restart_writes", len(written), "writes", "<= 0").holds, written[:5]


def _all_ready(rig: Rig, namespace: str) -> bool:
    models = rig.kube.items(f"/apis/churnserve.dev/v1alpha1/namespaces/{namespace}/churnmodels")
    ready = [
        model
        for model in models
        for one in model.get("status", {}).get("conditions", [])
        if (one["type"], one["status"]) == ("Ready", "True")
    ]
    return len(ready) == MODELS


def _all_read(operator: RunningOperator, models: list[ChurnModelHandle]) -> bool:
    return all(operator.proxy.reads[model.path] > 0 for model in models)

"""Replicas belong to the HPA where there is one, and to the spec where there is none. The test plays the HPA."""

from functools import partial

from support.churn_model_handle import COLLECTIONS, SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.integration_rig import Rig, RunningOperator

RECONCILES = 10


def test_what_the_autoscaler_sets_is_never_reset(
    rig: Rig, operator: RunningOperator, namespace: str, name: str
) -> None:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"autoscaling": {"minReplicas": 2, "maxReplicas": 8}})
    model.wait_ready()
    _scale(rig, model, 5)
    model.wait_ready()
    for _ in range(RECONCILES):
        read = operator.proxy.reads[model.path]
        model.nudge()
        eventually(partial(_read_again, operator, model, read), SETTLE_SECONDS)
        assert _replicas(model) == 5
    model.wait_ready(rig.roll_out(model).digest)
    assert _replicas(model) == 5


def test_turning_autoscaling_on_takes_no_pod_away(rig: Rig, namespace: str, name: str) -> None:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"replicas": 4})
    model.wait_ready()
    since = model.deployment()["metadata"]["resourceVersion"]
    model.change(serving={"replicas": None, "autoscaling": {"minReplicas": 2, "maxReplicas": 8}})
    eventually(lambda: model.children("HorizontalPodAutoscaler"), SETTLE_SECONDS)
    model.wait_ready()
    field = f"metadata.name={name}"
    events = rig.kube.watched(COLLECTIONS["Deployment"].format(namespace), since, fieldSelector=field)
    assert min(event["object"]["spec"]["replicas"] for event in events) >= 2


def test_turning_autoscaling_off_gives_the_replicas_back_to_the_spec(rig: Rig, namespace: str, name: str) -> None:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"autoscaling": {"minReplicas": 2, "maxReplicas": 8}})
    model.wait_ready()
    _scale(rig, model, 6)
    model.change(serving={"autoscaling": None, "replicas": 3})
    eventually(lambda: not model.children("HorizontalPodAutoscaler"), SETTLE_SECONDS)
    eventually(lambda: _replicas(model) == 3, SETTLE_SECONDS)
    model.wait_ready()


def _read_again(operator: RunningOperator, model: ChurnModelHandle, before: int) -> bool:
    return operator.proxy.reads[model.path] > before and operator.proxy.quiet_for(0.2)


def _scale(rig: Rig, model: ChurnModelHandle, replicas: int) -> None:
    path = f"{model.child_path('Deployment')}/scale"
    rig.kube.merge(path, {"spec": {"replicas": replicas}}, manager="kube-controller-manager")


def _replicas(model: ChurnModelHandle) -> int:
    replicas: int = model.deployment()["spec"]["replicas"]
    return replicas

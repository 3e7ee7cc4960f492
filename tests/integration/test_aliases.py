"""Aliases and tags in MLflow follow what serves; of two ChurnModels on one registered model the older one writes."""

from churn_models.names import CHALLENGER, CHAMPION, OUTCOME_TAG, PREVIOUS
from support.churn_model_handle import SETTLE_SECONDS
from support.eventually import eventually
from support.fake_status import Ending, Fate
from support.integration_rig import Rig, RunningOperator


def _tag(rig: Rig, model: str, version: str) -> str:
    return rig.mlflow.tag(model, version, OUTCOME_TAG) or ""


def test_a_promotion_moves_previous_and_both_ends_are_tags(
    rig: Rig, operator: RunningOperator, namespace: str, name: str
) -> None:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"replicas": 1}, rollout={"progressDeadline": "30s"})
    model.wait_ready()
    assert rig.mlflow.alias(name, PREVIOUS) is None
    good = rig.roll_out(model)
    model.wait_ready(good.digest)
    eventually(lambda: rig.mlflow.alias(name, PREVIOUS) == "1", SETTLE_SECONDS)
    eventually(lambda: _tag(rig, name, "2").startswith("Promoted "), SETTLE_SECONDS)
    assert f"by ChurnModel {namespace}/{name}" in _tag(rig, name, "1")
    bad = rig.champion(name)
    rig.kubelet.decide(namespace, bad.digest, Fate(Ending.CRASHES, "boom"))
    model.nudge()
    eventually(lambda: "boom" in _tag(rig, name, "3"), SETTLE_SECONDS)
    assert _tag(rig, name, "3").startswith("Rejected ")
    assert (rig.mlflow.alias(name, CHAMPION), rig.mlflow.alias(name, PREVIOUS)) == ("3", "1")


def test_the_younger_of_two_follows_and_says_so(rig: Rig, operator: RunningOperator, namespace: str, name: str) -> None:
    older = rig.create(namespace, name, serving={"replicas": 1})
    eventually(lambda: older.status().get("state") == "Waiting", SETTLE_SECONDS)
    younger = rig.create(namespace, f"{name}-b", name, serving={"replicas": 1})
    eventually(lambda: younger.condition("AliasSynced").get("reason") == "AliasConflict", SETTLE_SECONDS)
    assert f"{namespace}/{name} is older" in younger.condition("AliasSynced")["message"]
    assert older.condition("AliasSynced")["status"] == "True"
    rig.mlflow.set_alias(rig.mlflow.register(name), CHALLENGER)
    for model in (older, younger):
        model.nudge()
        model.wait_ready()
    eventually(lambda: rig.mlflow.alias(name, CHAMPION) == "1", SETTLE_SECONDS)
    rig.kube.delete(older.path)
    eventually(lambda: younger.condition("AliasSynced")["status"] == "True", SETTLE_SECONDS)

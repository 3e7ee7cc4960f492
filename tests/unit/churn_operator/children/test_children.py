"""Children as they would be applied: owned, restricted, and stable for the same input."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.api.resources import ComputeResources
from churn_operator.children.build_children import build_children
from churn_operator.children.pod import restricted_container
from churn_operator.children.serving_template import serving_template
from churn_operator.decide.plan import Plan
from churn_operator.names import FIELD_MANAGER, MANAGED_BY_LABEL
from churn_operator.observe.configuration import Configuration
from churn_operator.observe.ledger import read_segment
from churn_operator.settings import Settings
from support.observations import DIGESTS, model, revision

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
FULL: dict[str, Any] = {
    "training": {
        "dataset": "postgresql://db/churn/telco",
        "ensemble": "telco",
        "credentialsSecret": "postgresql-credentials",
    },
    "serving": {"autoscaling": {"minReplicas": 2, "maxReplicas": 4}},
}


def _built(spec: dict[str, Any] | None = None, train: bool = False) -> list[Manifest]:
    one = revision("1")
    return build_children(model(spec), Plan(records=(one,), run=one, serving=one, train=train), SETTINGS)


def _children(spec: dict[str, Any] | None = None, train: bool = False) -> dict[str, Manifest]:
    """By kind, without what has a name of its own beside another of its kind."""
    beside = ("-peers", "-train")
    return {child["kind"]: child for child in _built(spec, train) if not child["metadata"]["name"].endswith(beside)}


def test_every_kind_in_the_order_of_applying() -> None:
    assert [child["kind"] for child in _built(FULL, train=True)] == [
        "ServiceAccount",
        "NetworkPolicy",
        "Job",
        "ControllerRevision",
        "NetworkPolicy",
        "Service",
        "Service",
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
    ]


def test_training_by_an_ensemble_in_a_config_map() -> None:
    spec = {**FULL, "training": {**FULL["training"], "ensemble": {"configMap": "mine"}}}
    (job,) = [child for child in _built(spec, train=True) if child["kind"] == "Job"]
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"][:3] == ["train", "--ensemble", "/ensemble"]
    assert {"name": "CHURN_ASKED_BY", "value": "person"} in container["env"]
    assert {"name": "ensemble", "configMap": {"name": "mine", "optional": True}} in pod["volumes"]
    assert {"name": "ensemble", "mountPath": "/ensemble", "readOnly": True} in container["volumeMounts"]


@pytest.mark.parametrize("dataset", ["postgresql://db/churn/t$(X)", "data/$(MLFLOW_TRACKING_PASSWORD).csv"])
def test_no_word_of_a_training_names_a_variable(dataset: str) -> None:
    spec = {**FULL, "training": {**FULL["training"], "dataset": dataset}}
    (job,) = [child for child in _built(spec, train=True) if child["kind"] == "Job"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert dataset.replace("$", "$$") in container["args"]
    assert not [word for word in container["args"] if "$" in word.replace("$$", "")]


@pytest.mark.parametrize("place", range(len(_built(FULL, train=True))))
def test_each_is_ours_by_label_and_uid_and_repeats(place: int) -> None:
    manifest = _built(FULL, train=True)[place]
    (owner,) = manifest["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["controller"]) == ("uid-1", True)
    assert manifest["metadata"]["labels"][MANAGED_BY_LABEL] == FIELD_MANAGER
    assert json.dumps(manifest) == json.dumps(_built(FULL, train=True)[place])


@pytest.mark.parametrize("place", range(len(_built(FULL, train=True))))
def test_no_owner_reference_needs_the_right_to_block_the_owners_deletion(place: int) -> None:
    (owner,) = _built(FULL, train=True)[place]["metadata"]["ownerReferences"]
    assert "blockOwnerDeletion" not in owner


def test_a_crashing_model_does_not_keep_a_node_from_being_drained() -> None:
    assert _children()["PodDisruptionBudget"]["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_pods_keep_to_the_restricted_profile(kind: str) -> None:
    pod = _children(FULL, train=True)[kind]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


def test_an_autoscaled_deployment_never_names_its_replicas() -> None:
    assert "replicas" not in _children(FULL)["Deployment"]["spec"]
    assert _children()["Deployment"]["spec"]["replicas"] == 2
    assert _children({"serving": {"replicas": 5}})["Deployment"]["spec"]["replicas"] == 5
    assert "HorizontalPodAutoscaler" not in _children()


def test_the_autoscaler_counts_the_server_container_alone() -> None:
    (metric,) = _children(FULL)["HorizontalPodAutoscaler"]["spec"]["metrics"]
    assert metric["containerResource"]["container"] == "server"


def test_fetch_and_server_both_demand_the_digest() -> None:
    pod = _children()["Deployment"]["spec"]["template"]["spec"]
    for container in (pod["initContainers"][0], pod["containers"][0]):
        arguments = container["args"]
        assert arguments[arguments.index("--digest") + 1] == DIGESTS["1"]


@pytest.mark.parametrize("strict", [True, False])
def test_a_strict_model_refuses_unseen_categories_in_its_serving_pods(strict: bool) -> None:
    asked = model({"serving": {"strict": strict}})
    configuration = Configuration.from_spec(asked.spec, "serving:1", PodOptions())
    assert Configuration.from_data(json.loads(json.dumps(configuration.to_data()))) == configuration
    template = serving_template(asked, replace(revision("1"), configuration=configuration), SETTINGS)
    assert ("--strict" in template["spec"]["containers"][0]["args"]) is strict
    # Nothing is written where it is not asked for: revisions from before the field keep their names.
    assert ("strict" in configuration.to_data()) is strict


def test_serving_pods_ask_the_operator_for_weights() -> None:
    pod = _children()["Deployment"]["spec"]["template"]["spec"]
    url = "http://churn-operator-traffic.churnserve-system:8083/traffic/churn/telco"
    assert {"name": "CHURN_TRAFFIC_URL", "value": url} in pod["containers"][0]["env"]
    assert "CHURN_TRAFFIC_URL" not in json.dumps(pod["initContainers"])


@pytest.mark.parametrize(
    ("deadline", "wait"),
    [("10s", "5"), ("90s", "45"), ("10m", "60")],
)
def test_a_fetch_asks_other_pods_and_ends_before_its_pod_is_late(deadline: str, wait: str) -> None:
    pod = _children({"rollout": {"progressDeadline": deadline}})["Deployment"]["spec"]["template"]["spec"]
    arguments = pod["initContainers"][0]["args"]
    assert arguments[arguments.index("--peers") + 1] == "telco-peers:8082"
    assert arguments[arguments.index("--wait-seconds") + 1] == wait


def test_only_the_fetching_container_has_credentials() -> None:
    pod = _children()["Deployment"]["spec"]["template"]["spec"]
    assert "secretKeyRef" in json.dumps(pod["initContainers"])
    assert "secretKeyRef" not in json.dumps(pod["containers"])
    (mount,) = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "bundle"]
    assert mount["readOnly"] is True


def test_no_pod_is_unavailable_during_a_rollout() -> None:
    spec = _children({"rollout": {"progressDeadline": "90s"}})["Deployment"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert spec["progressDeadlineSeconds"] == 90


@pytest.mark.parametrize(("deadline", "seconds"), [("90s", 120), ("30m", 1800)])
def test_a_server_may_take_as_long_to_start_as_its_rollout_may(deadline: str, seconds: int) -> None:
    spec = _children({"rollout": {"progressDeadline": deadline}})["Deployment"]["spec"]
    probe = spec["template"]["spec"]["containers"][0]["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == seconds


def test_the_services_selector_does_not_name_a_revision() -> None:
    selector = _children()["Service"]["spec"]["selector"]
    assert set(selector) == {"churnserve.dev/model", "churnserve.dev/track"}


def test_refused_data_end_the_job_and_credentials_come_from_the_secret() -> None:
    job = _children(FULL, train=True)["Job"]["spec"]
    assert job["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [2, 3, 5]
    variables = {item["name"]: item for item in job["template"]["spec"]["containers"][0]["env"]}
    assert variables["PGPASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "postgresql-credentials", "key": "password"}


def _training(**fields: Any) -> dict[str, Any]:
    return {**FULL, "training": {**FULL["training"], **fields}}


def test_an_evicted_training_pod_counts_as_no_failure_and_an_ended_job_goes() -> None:
    job = _children(FULL, train=True)["Job"]["spec"]
    ignored = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert ignored in job["podFailurePolicy"]["rules"]
    assert job["ttlSecondsAfterFinished"] == 7 * 24 * 3600


def test_training_has_room_and_time_and_may_ask_for_more() -> None:
    for spec, room, deadline in ((FULL, "4Gi", 6 * 3600), (_training(scratch="20Gi", deadline="24h"), "20Gi", 86400)):
        job = _children(spec, train=True)["Job"]["spec"]
        (volume,) = job["template"]["spec"]["volumes"]
        assert (volume["emptyDir"]["sizeLimit"], job["activeDeadlineSeconds"]) == (room, deadline)


@pytest.mark.parametrize(
    ("fields", "mode", "auth"),
    [({}, "prefer", "scram-sha-256"), ({"sslMode": "verify-full", "requireAuth": "md5"}, "verify-full", "md5")],
)
def test_the_database_is_asked_as_the_spec_says(fields: dict[str, str], mode: str, auth: str) -> None:
    pod = _children(_training(**fields), train=True)["Job"]["spec"]["template"]["spec"]
    variables = {item["name"]: item.get("value") for item in pod["containers"][0]["env"]}
    assert (variables["PGSSLMODE"], variables["PGREQUIREAUTH"]) == (mode, auth)


def test_training_and_serving_are_different_users_of_mlflow() -> None:
    children = _children(FULL, train=True)
    used = {
        kind: re.findall(r'"name": "(mlflow-[a-z-]+)"', json.dumps(children[kind])) for kind in ("Job", "Deployment")
    }
    assert used == {"Job": ["mlflow-training-credentials"] * 2, "Deployment": ["mlflow-credentials"] * 2}


@pytest.mark.parametrize(
    "spec",
    [_training(scratch="20Gi"), _training(seed=1), {**FULL, "pod": {"nodeSelector": {"pool": "models"}}}],
)
def test_another_training_or_pod_is_another_job(spec: dict[str, Any]) -> None:
    assert _children(spec, train=True)["Job"]["metadata"] != _children(FULL, train=True)["Job"]["metadata"]


@pytest.mark.parametrize(("limit", "limits"), [(None, {"memory": "1Gi"}), ("1", {"memory": "1Gi", "cpu": "1"})])
def test_a_limit_of_cpu_is_set_where_it_is_asked_for(limit: str | None, limits: dict[str, str]) -> None:
    container = restricted_container("server", "serving:1", ComputeResources(cpu_limit=limit))
    assert container["resources"]["limits"] == limits


def test_another_dataset_is_another_job() -> None:
    other = {**FULL, "training": {**FULL["training"], "dataset": "postgresql://db/churn/other"}}
    names = {_children(spec, train=True)["Job"]["metadata"]["name"] for spec in (FULL, other)}
    assert len(names) == 2


@pytest.mark.parametrize(("segment", "kept"), [(0, 0), (1, 0), (12, 12)])
def test_the_service_account_tells_where_a_long_audit_chain_ends(segment: int, kept: int) -> None:
    one = revision("1")
    children = build_children(model(), Plan(records=(one,), run=one, serving=one, segment=segment), SETTINGS)
    (account,) = [child for child in children if child["kind"] == "ServiceAccount"]
    assert read_segment(account) == kept
    assert ("annotations" in account["metadata"]) is (kept > 0)


@pytest.mark.parametrize("told", ["", "-1", "two", "²"])
def test_what_is_no_number_tells_nothing(told: str) -> None:
    assert read_segment({"metadata": {"annotations": {"churnserve.dev/audit-segment": told}}}) == 0

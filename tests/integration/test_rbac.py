"""The operator's rights: a golden list, and an API server that holds it to them (every test here runs under them)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.integration_rig import Rig, RunningOperator
from support.kube_client import KubeClient, Object, Refused
from support.operator_rbac import is_allowed, lease_role, model_role

GOLDEN = Path(__file__).with_name("golden_rbac.json")

# What an operator that was taken over would try first.
FORBIDDEN = [
    ("read Secrets", "get", "", "secrets"),
    ("list Secrets", "list", "", "secrets"),
    ("list ConfigMaps", "list", "", "configmaps"),
    ("delete a ConfigMap", "delete", "", "configmaps"),
    ("run commands in pods", "create", "", "pods/exec"),
    ("create pods", "create", "", "pods"),
    ("give rights away", "create", "rbac.authorization.k8s.io", "rolebindings"),
    ("widen its Role", "patch", "rbac.authorization.k8s.io", "roles"),
    ("change a ChurnModel", "patch", "churnserve.dev", "churnmodels"),
    ("delete a ChurnModel", "delete", "churnserve.dev", "churnmodels"),
    ("delete all DriftReports at once", "deletecollection", "churnserve.dev", "driftreports"),
    ("make tokens", "create", "", "serviceaccounts/token"),
    ("impersonate", "impersonate", "", "serviceaccounts"),
]


@pytest.fixture(scope="module")
def as_operator(rig: Rig, shared_operator: tuple[RunningOperator, str]) -> Iterator[KubeClient]:
    """A client that has the operator's token."""
    client = rig.server.client(shared_operator[0].token)
    yield client
    client.close()


def test_the_rights_are_the_golden_ones() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {"model namespace": _table(model_role()), "own namespace": _table(lease_role())} == golden


@pytest.mark.parametrize(
    ("verb", "group", "resource"), [row[1:] for row in FORBIDDEN], ids=[row[0] for row in FORBIDDEN]
)
def test_the_operator_cannot(as_operator: KubeClient, namespace: str, verb: str, group: str, resource: str) -> None:
    assert is_allowed(as_operator, namespace, verb, group, resource) is False


def test_a_secret_is_refused_to_the_operator(as_operator: KubeClient, namespace: str) -> None:
    with pytest.raises(Refused, match="secrets is forbidden"):
        as_operator.get(f"/api/v1/namespaces/{namespace}/secrets")


def test_the_operator_is_never_refused_what_it_asks_for(
    operator: RunningOperator, rig: Rig, namespace: str, name: str
) -> None:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"autoscaling": {}})
    model.wait_ready()
    model.change(serving={"autoscaling": None, "replicas": 1})
    model.wait_ready()
    assert not [path for status, path in operator.proxy.refusals if status == 403]


def _table(role: Object) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for rule in role["rules"]:
        assert not {"*"} & {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        names = "".join(f" named {name}" for name in rule.get("resourceNames", []))
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                rows.setdefault(f"{resource}.{group or 'core'}{names}", []).extend(rule["verbs"])
    return {resource: sorted(verbs) for resource, verbs in sorted(rows.items())}

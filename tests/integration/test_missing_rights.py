"""Every right of the Role is taken away once: the status names it, what runs goes on, and given back all is well."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from support.audit_chain import chain_paths
from support.batch_spec import BATCH
from support.churn_model_handle import COLLECTIONS, SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig
from support.kube_client import KubeClient, Object
from support.operator_rbac import is_allowed, model_role
from support.stream_spec import STREAM

_ROLE = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles/churn-operator"
_MODEL = "rights-model"
TRAINING: Object = {"dataset": "postgresql://db.example/churn/customers", "ensemble": "telco"}
DISTRIBUTED: Object = {
    "placement": "Distributed",
    "members": {"quorum": 2},
    "autoscaling": {"minReplicas": 1},
    "replicas": None,
}
COLOCATED: Object = {"placement": "Colocated", "members": None, "autoscaling": None, "replicas": 1}
KINDS = {
    "serviceaccounts": "ServiceAccount",
    "services": "Service",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "networkpolicies": "NetworkPolicy",
    "controllerrevisions": "ControllerRevision",
    "deployments": "Deployment",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "jobs": "Job",
    "cronjobs": "CronJob",
    "statefulsets": "StatefulSet",
}

APART = {"cronjobs": "BatchSucceeded", "statefulsets": "StreamReady"}
LEFT_OUT = ("churnserve.dev", "keda.sh")


class Right(NamedTuple):
    """One verb on one resource."""

    group: str
    resource: str
    verb: str


class Case(NamedTuple):
    """An operator's namespace with one ChurnModel that serves and one whose training Job runs."""

    rig: Rig
    as_operator: KubeClient
    serving: ChurnModelHandle
    training: ChurnModelHandle


def _rights() -> list[Right]:
    """All but those that the status itself hangs on, KEDA's, which is not here, writing Events, and watching, which
    test_watch_faults is about.
    """
    return [
        Right(group, resource, verb)
        for rule in model_role()["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if group not in LEFT_OUT and (resource, verb) != ("events", "create") and verb != "watch"
    ]


@pytest.fixture(scope="module")
def case(rig: Rig) -> Iterator[Case]:
    rig.champion(_MODEL)
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator:
        as_operator = rig.server.client(operator.token)
        serving = rig.create(namespace, rig.name(), _MODEL, serving=DISTRIBUTED, batch=BATCH, stream=STREAM)
        training = rig.create(namespace, rig.name(), training=TRAINING)
        yield Case(rig, as_operator, serving, training)
        as_operator.close()


def test_every_missing_right_is_named_and_heals(case: Case) -> None:
    rights = _rights()
    wrong = [f"{right.verb} {right.resource}: {problem}" for right in rights if (problem := _problem(case, right))]
    covered = record("rbac_rights_covered", len(rights) - len(wrong), f"of {len(rights)}", f">= {len(rights)}")
    assert covered.holds, "\n".join(wrong)


def _problem(case: Case, right: Right) -> str | None:
    model = case.training if right.resource in ("jobs", "events") else case.serving
    try:
        eventually(lambda: _settled(case), SETTLE_SECONDS)
        digest = case.serving.status()["stable"]["digest"]
        with _without(case, right):
            _need(case, model, right)
            eventually(lambda: _names(model, right), SETTLE_SECONDS)
            assert case.serving.status()["stable"]["digest"] == digest
        case.serving.change(serving=DISTRIBUTED, batch=BATCH, stream=STREAM, paused=False)
        for one in (case.serving, case.training):
            one.nudge()
        eventually(lambda: _settled(case), SETTLE_SECONDS)
    except AssertionError as error:
        return f"{error}; {model.status()}"
    return None


def _settled(case: Case) -> bool:
    synced = all(one.condition("Synced").get("status") == "True" for one in (case.serving, case.training))
    return synced and case.serving.is_ready() and case.training.status()["state"] == "Training"


def _need(case: Case, model: ChurnModelHandle, right: Right) -> None:
    """Have the operator need the right."""
    if right.verb == "list":
        model.nudge()
    elif right.resource == "configmaps":
        _need_audit(case.rig, model, right)
    elif (right.resource, right.verb) == ("controllerrevisions", "delete"):
        _add_second_record(case.rig, model)
    elif right.verb == "delete":
        model.change(serving=COLOCATED, batch=None, stream=None)
    else:
        case.rig.kube.delete(model.child_path(KINDS[right.resource]))


def _need_audit(rig: Rig, model: ChurnModelHandle, right: Right) -> None:
    """A decision has to be recorded: where the chain ends is read again when somebody has changed or removed it."""
    for path in chain_paths(model):
        if right.verb == "create":
            rig.kube.delete(path)
        elif right.verb == "get":
            rig.kube.merge(path, {"metadata": {"annotations": {"test/touched": "yes"}}})
    model.change(paused=True)


def _add_second_record(rig: Rig, model: ChurnModelHandle) -> None:
    """As the version before wrote it: it goes once there is one with templates."""
    record = model.children("ControllerRevision")[0]
    kept = {key: record["metadata"][key] for key in ("labels", "ownerReferences")}
    second = {**record, "metadata": {**kept, "name": f"{record['metadata']['name']}-older"}}
    rig.kube.create(COLLECTIONS["ControllerRevision"].format(model.namespace), second)


def _names(model: ChurnModelHandle, right: Right) -> bool:
    synced = model.condition("Synced")
    words = f'cannot {right.verb} resource "{right.resource}"'
    return synced["reason"] == "Forbidden" and words in synced["message"] and _is_told(model, right)


def _is_told(model: ChurnModelHandle, right: Right) -> bool:
    """Where only batch or the stream lacks a right, only that is blocked."""
    apart = APART.get(right.resource)
    is_apart = apart is not None and model.condition(apart).get("reason") == "Forbidden"
    return is_apart or model.status()["state"] == "Blocked"


@contextmanager
def _without(case: Case, right: Right) -> Iterator[None]:
    path = _ROLE.format(case.serving.namespace)
    rules = model_role()["rules"]
    case.rig.kube.merge(path, {"rules": [_narrowed(rule, right) for rule in rules]})
    try:
        eventually(lambda: not _allowed(case, right), SETTLE_SECONDS)
        yield
    finally:
        case.rig.kube.merge(path, {"rules": rules})
        eventually(lambda: _allowed(case, right), SETTLE_SECONDS)


def _narrowed(rule: Object, right: Right) -> Object:
    if right.group not in rule["apiGroups"] or right.resource not in rule["resources"]:
        return rule
    return {**rule, "verbs": [verb for verb in rule["verbs"] if verb != right.verb]}


def _allowed(case: Case, right: Right) -> bool:
    return is_allowed(case.as_operator, case.serving.namespace, right.verb, right.group, right.resource)

"""The operator's rights as the manifests give them, in the namespaces of a test."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import yaml
from support.kube_client import KubeClient, Object

_MANIFESTS = Path(__file__).parents[2] / "manifests"
_ACCOUNT = "churn-operator"
_RBAC = "rbac.authorization.k8s.io/v1"
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def model_role() -> Object:
    """The Role of a namespace with models."""
    return _only("model-namespace", "Role")


def lease_role() -> Object:
    """The Role of the operator's own namespace."""
    return _only("operator", "Role")


def grant(kube: KubeClient, namespaces: Sequence[str], system: str) -> str:
    """Bind the manifests' Roles to a ServiceAccount in `system`. Gives its name."""
    kube.create(f"/api/v1/namespaces/{system}/serviceaccounts", {"metadata": {"name": _ACCOUNT}})
    for namespace in namespaces:
        _bind(kube, namespace, system, model_role(), _only("model-namespace", "RoleBinding"))
    _bind(kube, system, system, lease_role(), _only("operator", "RoleBinding"))
    return _ACCOUNT


def grant_namespaces(kube: KubeClient, system: str) -> None:
    """Let the operator of `system` list namespaces, which a selector on their labels needs."""
    name = f"churn-operator-{system}"
    rules = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}]
    kube.create(f"/apis/{_RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": system}
    role = {"apiGroup": _RBAC.partition("/")[0], "kind": "ClusterRole", "name": name}
    binding = {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]}
    kube.create(f"/apis/{_RBAC}/clusterrolebindings", binding)


def is_allowed(user: KubeClient, namespace: str, verb: str, group: str, resource: str) -> bool:
    """Whether the API server would let this user; a subresource is written as in a Role, `pods/exec`."""
    plural, _, subresource = resource.partition("/")
    attributes = {"namespace": namespace, "verb": verb, "group": group, "resource": plural, "subresource": subresource}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    answer = user.create(_REVIEWS, {**review, "spec": {"resourceAttributes": attributes}})
    allowed: bool = answer["status"]["allowed"]
    return allowed


def _bind(kube: KubeClient, namespace: str, system: str, role: Object, binding: Object) -> None:
    moved = deepcopy(binding)
    for subject in moved["subjects"]:
        assert (subject["kind"], subject["name"]) == ("ServiceAccount", _ACCOUNT)
        subject["namespace"] = system
    kube.create(f"/apis/{_RBAC}/namespaces/{namespace}/roles", role)
    kube.create(f"/apis/{_RBAC}/namespaces/{namespace}/rolebindings", moved)


def _only(folder: str, kind: str) -> Object:
    documents = [
        document
        for file in sorted((_MANIFESTS / folder).glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
        if document and document.get("kind") == kind
    ]
    (only,) = documents
    found: Object = only
    return found

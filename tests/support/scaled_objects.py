"""KEDA's ScaledObjects in an API server of the tests: their CRD as far as the operator uses it, and nobody who acts."""

from collections.abc import Iterator
from contextlib import contextmanager

from support.eventually import eventually
from support.kube_client import KubeClient, Object, Refused

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SCHEMA: Object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_NAMES = {"kind": "ScaledObject", "listKind": "ScaledObjectList", "plural": "scaledobjects", "singular": "scaledobject"}
_CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "scaledobjects.keda.sh"},
    "spec": {
        "group": "keda.sh",
        "scope": "Namespaced",
        "names": _NAMES,
        "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": _SCHEMA}}],
    },
}
_SECONDS = 20


@contextmanager
def keda_in(kube: KubeClient) -> Iterator[None]:
    """While the block runs, the server knows ScaledObjects."""
    kube.create(_CRDS, _CRD)
    try:
        eventually(lambda: _are_served(kube), _SECONDS)
        yield
    finally:
        kube.delete(f"{_CRDS}/scaledobjects.keda.sh")


def _are_served(kube: KubeClient) -> bool:
    """A new kind is not known at first, and then not ready."""
    try:
        kube.items(_of("default"))
    except Refused:
        return False
    return True


def scaled_objects(kube: KubeClient, namespace: str) -> list[Object]:
    """All of a namespace."""
    return kube.items(_of(namespace))


def _of(namespace: str) -> str:
    return f"/apis/keda.sh/v1alpha1/namespaces/{namespace}/scaledobjects"

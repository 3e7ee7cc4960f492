"""Namespaces come and go: one that is forbidden or deleted disturbs no other, and labels choose them anew."""

from collections.abc import Iterator

import pytest
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object

_BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings"
_LABEL = "churnserve.dev/watched"


@pytest.fixture
def registered(rig: Rig) -> str:
    """A registered model for the ChurnModels of all namespaces."""
    name = rig.name()
    rig.champion(name)
    return name


def test_others_go_on_beside_a_forbidden_and_a_deleted_namespace(rig: Rig, registered: str) -> None:
    good, forbidden, deleted = (rig.namespace() for _ in range(3))
    with rig.operator([good, forbidden, deleted]) as operator:
        models = [rig.create(namespace, rig.name(), registered) for namespace in (good, forbidden, deleted)]
        for model in models:
            model.wait_ready()
        operator.process.stop()
        binding = _take_binding(rig, forbidden)
        rig.kube.delete(models[2].path)
        _take_binding(rig, deleted)
        rig.kube.delete(f"/api/v1/namespaces/{deleted}")
        operator.process.start()
        eventually(lambda: _is_forbidden(operator, forbidden), SETTLE_SECONDS)
        assert _handles(models[0])
        pid = operator.process.pid
        rig.kube.create(_BINDINGS.format(forbidden), binding)
        assert _handles(models[1])
        eventually(lambda: not _is_forbidden(operator, forbidden), SETTLE_SECONDS)
        assert _handles(models[0], 2)
        assert operator.process.healthy()
        assert operator.process.pid == pid


@pytest.fixture
def chosen(rig: Rig) -> Iterator[tuple[RunningOperator, str, str]]:
    """An operator that watches what is labelled, one namespace that is and one that is not."""
    labelled, plain = rig.namespace(), rig.namespace()
    _label(rig, labelled, "yes")
    with rig.operator([labelled, plain], selector=f"{_LABEL}=yes") as operator:
        yield operator, labelled, plain


def test_labels_choose_namespaces_without_a_restart(
    rig: Rig, registered: str, chosen: tuple[RunningOperator, str, str]
) -> None:
    operator, labelled, plain = chosen
    first, second = (rig.create(namespace, rig.name(), registered) for namespace in (labelled, plain))
    first.wait_ready()
    assert second.status() == {}
    _label(rig, plain, "yes")
    second.wait_ready()
    _label(rig, labelled, None)
    eventually(lambda: not _watches(operator, labelled), SETTLE_SECONDS)
    assert _handles(second, 2)
    before = first.deployment()["spec"]["replicas"]
    first.change(serving={"replicas": before + 1})
    assert _handles(second, 3)
    assert first.deployment()["spec"]["replicas"] == before
    assert operator.process.healthy()


def _handles(model: ChurnModelHandle, replicas: int = 4) -> bool:
    model.change(serving={"replicas": replicas})
    return bool(eventually(lambda: model.deployment()["spec"]["replicas"] == replicas, SETTLE_SECONDS))


def _take_binding(rig: Rig, namespace: str) -> Object:
    """Take the operator's rights in a namespace away. Gives the RoleBinding that gave them."""
    (binding,) = rig.kube.items(_BINDINGS.format(namespace))
    rig.kube.delete(f"{_BINDINGS.format(namespace)}/{binding['metadata']['name']}")
    return {key: value for key, value in binding.items() if key != "metadata"} | {
        "metadata": {"name": binding["metadata"]["name"]}
    }


def _label(rig: Rig, namespace: str, value: str | None) -> None:
    rig.kube.merge(f"/api/v1/namespaces/{namespace}", {"metadata": {"labels": {_LABEL: value}}})


def _is_forbidden(operator: RunningOperator, namespace: str) -> bool:
    return f'churn_operator_namespace_forbidden{{namespace="{namespace}"}} 1.0' in operator.process.metrics()


def _watches(operator: RunningOperator, namespace: str) -> bool:
    return f'namespace_forbidden{{namespace="{namespace}"}}' in operator.process.metrics()

"""What every integration test needs: namespaces, ChurnModels, and operators under their real RBAC."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path

import yaml
from churn_models.names import CHAMPION
from support.api_server import ApiServer
from support.churn_model_handle import API_VERSION, ChurnModelHandle, churn_model, churn_models
from support.eventually import eventually
from support.fake_kubelet import FakeKubelet
from support.fake_mlflow_registry import FakeMlflowRegistry, FakeVersion
from support.fault_proxy import FaultProxy
from support.kube_client import KubeClient, Object, Refused
from support.operator_process import POD_NAME, OperatorProcess, OperatorSettings
from support.operator_rbac import grant, grant_namespaces

MANIFESTS = Path(__file__).parents[2] / "manifests"
_FIRST_ADDRESS = IPv4Address("10.1.0.0")
"""Of operators' pods: a worker starts some hundreds of them, each with an address of its own."""
_CRD_SECONDS = 20
_STARTED_SECONDS = 40
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@dataclass(frozen=True)
class RunningOperator:
    """An operator process and the proxy that it speaks through."""

    process: OperatorProcess
    proxy: FaultProxy
    token: str
    """Of its ServiceAccount."""
    system: str
    """The namespace of its Lease."""
    namespaces: Sequence[str]
    """With the models that it watches."""


class Rig:
    """One API server, one fake kubelet, one fake MLflow, and any number of operators one after the other."""

    def __init__(self, server: ApiServer, kubelet: FakeKubelet, mlflow: FakeMlflowRegistry, folder: Path) -> None:
        self.server = server
        self.kube: KubeClient = server.admin
        self.kubelet = kubelet
        self.mlflow = mlflow
        self._folder = folder
        self._numbers = count(1)

    def namespace(self, prefix: str = "churn") -> str:
        """A new namespace that admits restricted pods alone."""
        name = f"{prefix}-{next(self._numbers)}"
        self.kube.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": _RESTRICTED}})
        return name

    def name(self) -> str:
        """One that nothing has yet, and that is no part of another one: what the fake kubelet is told goes by texts."""
        return f"zq{next(self._numbers):05}"

    @contextmanager
    def operator(self, namespaces: Sequence[str], selector: str = "") -> Iterator[RunningOperator]:
        """A healthy operator that watches these namespaces, with no more rights than the manifests give it.

        With a selector it watches those of them that have the labels.
        """
        system = self.namespace("system")
        token = self.server.service_account_token(system, grant(self.kube, namespaces, system))
        if selector:
            grant_namespaces(self.kube, system)
        with self._prepared(namespaces, system, token, POD_NAME, selector) as operator, operator.process:
            yield operator

    @contextmanager
    def standby(self, first: RunningOperator) -> Iterator[RunningOperator]:
        """Another pod of the same Deployment, which waits for the Lease."""
        with self._prepared(first.namespaces, first.system, first.token, f"standby-{next(self._numbers)}") as operator:
            operator.process.start(wait=False)
            try:
                eventually(operator.process.standing_by, _STARTED_SECONDS)
                eventually(lambda: operator.proxy.open_connections, _STARTED_SECONDS)
                yield operator
            finally:
                operator.process.stop()

    @contextmanager
    def _prepared(
        self, namespaces: Sequence[str], system: str, token: str, pod_name: str, selector: str = ""
    ) -> Iterator[RunningOperator]:
        with FaultProxy(self.server) as proxy:
            file = self._folder / f"{system}-{pod_name}"
            kubeconfig = self.server.kubeconfig(file.with_suffix(".kubeconfig"), token, proxy.url)
            listed = () if selector else namespaces
            settings = OperatorSettings(
                kubeconfig,
                listed,
                self.mlflow.url,
                system,
                pod_name,
                {"CHURN_NAMESPACE_SELECTOR": selector},
                address=str(_FIRST_ADDRESS + next(self._numbers)),
            )
            process = OperatorProcess(settings, file.with_suffix(".log"))
            yield RunningOperator(process, proxy, token, system, namespaces)

    def traffic_leads_to(self, system: str) -> str | None:
        """The address that serving pods reach by the Service of /traffic."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{system}/endpointslices/churn-operator-traffic"
        found = self.kube.find(path)
        return found["endpoints"][0]["addresses"][0] if found else None

    def lease_holder(self, system: str) -> str | None:
        """Which pod may act."""
        lease = self.kube.get(f"/apis/coordination.k8s.io/v1/namespaces/{system}/leases/churn-operator")
        holder: str | None = lease["spec"].get("holderIdentity")
        return holder

    def champion(self, model: str) -> FakeVersion:
        """One more version of the model, under the alias that ChurnModels follow."""
        version = self.mlflow.register(model)
        self.mlflow.set_alias(version, CHAMPION)
        return version

    def roll_out(self, model: ChurnModelHandle) -> FakeVersion:
        """Register one more version as champion, and have the operator notice at once."""
        version = self.champion(model.live()["spec"]["model"]["name"])
        model.nudge()
        return version

    def create(
        self, namespace: str, name: str, registered: str | None = None, **spec: Object | bool
    ) -> ChurnModelHandle:
        """A ChurnModel; without another name for it, the registered model has the same one."""
        body = churn_model(namespace, name, registered or name)
        body["spec"] |= spec
        self.kube.create(churn_models(namespace), body)
        return ChurnModelHandle(self.kube, namespace, name)

    def remove_churn_models(self, namespace: str) -> None:
        """All of them; what they own is left, as nobody collects it here."""
        for item in self.kube.get(churn_models(namespace))["items"]:
            self.kube.delete(f"{churn_models(namespace)}/{item['metadata']['name']}")


def install_crds(kube: KubeClient) -> None:
    """Create the CRDs and wait until the API server serves them."""
    for file in sorted((MANIFESTS / "crd").glob("*.yaml")):
        crd = yaml.safe_load(file.read_text(encoding="utf-8"))
        if crd["kind"] == "CustomResourceDefinition":
            kube.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
            path = f"/apis/{API_VERSION}/{crd['spec']['names']['plural']}"
            eventually(partial(_served, kube, path), _CRD_SECONDS)


def _served(kube: KubeClient, path: str) -> bool:
    try:
        kube.get(path)
    except Refused:
        return False
    return True

"""The cluster of the end-to-end tests and the one ChurnModel in it, telco, as its users see both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from churn_models.bundle import Bundle
from churn_models.errors import VersionNotFound
from churn_models.feature_schema import FeatureSchema
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference, Registry
from support.eventually import eventually
from support.kubectl import Kubectl

REST_URL = "http://127.0.0.1:8080"
GRPC_TARGET = "127.0.0.1:8081"
SYSTEM = "churnserve-system"


@dataclass(frozen=True)
class Cluster:
    """The cluster, the customers in its PostgreSQL, and where things are."""

    kubectl: Kubectl
    schema: FeatureSchema
    customers: Path
    scratch: Path

    def frame(self, rows: int) -> pd.DataFrame:
        """The first customers, as pd.read_csv gives them."""
        return pd.read_csv(self.customers).head(rows)

    def secret(self, name: str, key: str) -> str:
        """One value of a Secret in churnserve-system."""
        template = f"go-template={{{{index .data {key!r} | base64decode}}}}".replace("'", '"')
        return self.kubectl.run("-n", SYSTEM, "get", "secret", name, "-o", template)

    def credentials(self) -> dict[str, str]:
        """How MLflow's clients log in."""
        return {
            "MLFLOW_TRACKING_USERNAME": self.secret("mlflow-credentials", "username"),
            "MLFLOW_TRACKING_PASSWORD": self.secret("mlflow-credentials", "password"),
        }

    @contextmanager
    def mlflow(self) -> Iterator[str]:
        """The address of the cluster's MLflow on this machine."""
        with self.kubectl.forward(SYSTEM, "service/mlflow", 5000) as address:
            yield f"http://{address}"

    @contextmanager
    def registry(self) -> Iterator[Registry]:
        """The cluster's MLflow over its REST."""
        with self.mlflow() as address, Registry(address, *self.credentials().values()) as registry:
            yield registry

    def fetch(self, version: str, model: str = "telco") -> Bundle:
        """A registered bundle, fetched to this machine."""
        with self.registry() as registry:
            found = registry.resolve(ModelReference(model, version=version))
            return registry.fetch(found, self.scratch / f"bundle-{model}-{version}")

    def champion(self, model: str = "telco") -> str | None:
        """The version that the alias champion points at."""
        with self.registry() as registry:
            try:
                return registry.resolve(ModelReference(model, alias=CHAMPION)).version
            except VersionNotFound:
                return None

    def has_version(self, version: str) -> bool:
        """Whether MLflow has this version of telco."""
        with self.registry() as registry:
            try:
                return registry.resolve(ModelReference("telco", version=version)).version == version
            except VersionNotFound:
                return False

    def status(self) -> dict[str, Any]:
        """The ChurnModel's status now."""
        status: dict[str, Any] = self.kubectl.get("-n", "churn", "churnmodel/telco").get("status", {})
        return status

    def pin(self, version: str, digest: str | None = None) -> None:
        """Have the ChurnModel serve this version; spec.training, which makes the first one alone, must go then.

        Without a probation it is stable as soon as every pod serves it.
        """
        model = {"version": version, "digest": digest}
        spec = {"model": model, "training": None, "rollout": {"probation": "0s"}}
        self.kubectl.patch_spec("churnmodel/telco", spec)

    def wait_ready(self, seconds: int) -> None:
        """`kubectl wait`, as a user would. Raises KubectlFailed."""
        arguments = ["-n", "churn", "wait", "--for=condition=Ready", "churnmodel/telco", f"--timeout={seconds}s"]
        self.kubectl.run(*arguments, seconds=seconds + 30)

    def wait_state(self, state: str, version: str, seconds: float) -> dict[str, Any]:
        """Until the ChurnModel is in this state with this stable version; its status then."""

        def check() -> dict[str, Any]:
            status = self.status()
            found = (status.get("state"), status.get("stable", {}).get("version"))
            assert found == (state, version), status
            return status

        return eventually(check, seconds, pause=0.5)

"""One pod serves on one core: every request and target that the API takes is one that a busy pod can pass."""

from typing import NamedTuple

import pytest
from support.api_server import ApiServer
from support.churn_model_handle import churn_model, churn_models
from support.kube_client import Object, Refused

TOLERANCE = 1.1
"""The HPA adds pods when use is more than a tenth above the target."""


class Asked(NamedTuple):
    """Millicores of the server's container, and the target in percent of its request."""

    request: int
    limit: int | None
    target: int

    @property
    def can_act(self) -> bool:
        """Whether a server that uses all it can is above the target by more than the HPA's tolerance."""
        most = min(1_000, self.limit or 1_000)
        return most * 100 > self.request * self.target * TOLERANCE

    @property
    def serving(self) -> Object:
        """As spec.serving says it."""
        limit = {"cpuLimit": f"{self.limit}m"} if self.limit else {}
        return {
            "resources": {"cpu": f"{self.request}m", **limit},
            "autoscaling": {"cpuUtilization": self.target},
        }


REQUESTS = [
    *(Asked(request, None, target) for request in (10, 100, 250, 500, 900, 1_000) for target in (1, 50, 70, 90, 100)),
    *(Asked(request, limit, 70) for request, limit in ((100, 100), (500, 500), (500, 1_000), (1_000, 2_000))),
    *(Asked(request, limit, 100) for request, limit in ((100, 100), (500, 550), (500, 556), (900, 2_000))),
]


@pytest.fixture(scope="module")
def namespace(server: ApiServer) -> str:
    server.admin.create("/api/v1/namespaces", {"metadata": {"name": "autoscaled"}})
    return "autoscaled"


@pytest.mark.parametrize("asked", REQUESTS, ids=str)
def test_what_is_taken_lets_the_autoscaler_act_and_what_is_denied_does_not(
    asked: Asked, server: ApiServer, namespace: str
) -> None:
    model = churn_model(namespace, "telco")
    model["spec"]["serving"] = asked.serving
    try:
        server.admin.create(churn_models(namespace), model, dryRun="All", fieldValidation="Strict")
    except Refused as error:
        assert "the autoscaler could never act" in error.message
        assert not asked.can_act
    else:
        assert asked.can_act

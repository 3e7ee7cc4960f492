"""One ensemble in several processes, members apart from what asks them, answers as the local scorer does.

The tests follow one another: a member is stopped, and comes back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from churn_models.encoding import encode
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.scoring.scorer import load_scorer
from churn_training.datasets import Dataset
from churn_training.train import train
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from support.eventually import eventually
from support.local_stack import LocalStack, Serving
from support.member_graph import MemberGraph
from support.small_ensemble import small_spec
from support.v2_client import infer_grpc, infer_request, infer_rest

MODEL = "small"
ROWS = 100
STOPPED = "xgboost"
KINDS = (MemberKind.LOGISTIC_REGRESSION, MemberKind.XGBOOST, MemberKind.LIGHTGBM)


@dataclass(frozen=True)
class Served:
    """The running graph: one ensemble that does without one member, one that does not, the same members."""

    graph: MemberGraph
    schema: FeatureSchema
    dataset: Dataset
    tolerant: Serving
    strict: Serving

    def request(self, *outputs: str) -> dict[str, Any]:
        """The first customers."""
        return infer_request(self.schema, self.dataset.raw.head(ROWS), outputs)

    def local(self) -> EnsembleScores:
        """What this process scores for them."""
        columns = {name: self.dataset.raw.head(ROWS)[name].to_numpy() for name in self.schema.names}
        return load_scorer(self.graph.bundle).score(encode(self.schema, columns).matrix)


@pytest.fixture(scope="module")
def served(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    spec = small_spec()
    spec = spec.model_copy(update={"members": tuple(member for member in spec.members if member.kind in KINDS)})
    bundle = train(spec, telco_schema, dataset, seed=0, output=tmp_path_factory.mktemp("bundles")).bundle
    with LocalStack(tmp_path_factory.mktemp("graph")) as stack:
        graph = MemberGraph(stack, bundle)
        graph.start_members()
        tolerant, strict = graph.start_ensemble("--quorum", "2"), graph.start_ensemble()
        tolerant.wait_ready()
        strict.wait_ready()
        yield Served(graph, telco_schema, dataset, tolerant, strict)


def test_answers_equal_the_local_scores_by_rest_and_grpc(served: Served) -> None:
    local = served.local()
    outputs = [f"member.{name}" for name in served.graph.names]
    for serving in (served.tolerant, served.strict):
        answer = infer_rest(serving.rest_url, MODEL, served.request("churn_probability", *outputs))
        np.testing.assert_allclose(answer["churn_probability"], local.ensemble, atol=1e-6)
        for name, scores in local.members.items():
            np.testing.assert_allclose(answer[f"member.{name}"], scores, atol=1e-6)
    by_grpc = infer_grpc(served.tolerant.grpc_target, MODEL, served.schema, served.dataset.raw.head(ROWS))
    np.testing.assert_allclose(by_grpc, local.ensemble, atol=1e-6)


def test_a_member_alone_answers_its_own_probability(served: Served) -> None:
    serving = served.graph.members[STOPPED]
    answer = infer_rest(serving.rest_url, f"{MODEL}-{STOPPED}", served.request())
    np.testing.assert_allclose(answer["churn_probability"], served.local().members[STOPPED], atol=1e-6)
    assert _metadata(serving, f"{MODEL}-{STOPPED}")["versions"] == [served.graph.bundle.digest]


def test_without_a_member_the_answer_names_it_or_is_refused(served: Served) -> None:
    served.graph.members[STOPPED].process.stop()
    answer = _post(served.tolerant, served.request())
    assert answer.status_code == 200
    assert answer.json()["parameters"]["degraded"] == STOPPED
    kept = [scores for name, scores in served.local().members.items() if name != STOPPED]
    np.testing.assert_allclose(answer.json()["outputs"][0]["data"], np.mean(kept, axis=0), atol=1e-6)
    refused = _post(served.strict, served.request())
    assert refused.status_code == 503
    assert f"2 of 3 members answered, 3 must; missing: {STOPPED}" in refused.json()["error"]
    assert _post(served.tolerant, served.request(f"member.{STOPPED}")).status_code == 503


def test_readiness_follows_the_quorum(served: Served) -> None:
    eventually(lambda: not served.strict.is_ready(), 10)
    assert served.tolerant.is_ready()
    assert _grpc_health(served.strict) == HealthCheckResponse.NOT_SERVING
    assert _grpc_health(served.tolerant) == HealthCheckResponse.SERVING
    assert httpx.get(f"{served.strict.rest_url}/v2/health/live").status_code == 200
    assert httpx.get(f"{served.strict.rest_url}/v2/models/{MODEL}/ready").status_code != 200


def test_a_member_that_comes_back_is_asked_again(served: Served) -> None:
    served.graph.start_member(STOPPED).wait_ready()
    eventually(lambda: "degraded" not in _post(served.tolerant, served.request()).text, 10)
    eventually(served.strict.is_ready, 10)
    assert _grpc_health(served.strict) == HealthCheckResponse.SERVING
    answer = infer_rest(served.strict.rest_url, MODEL, served.request())
    np.testing.assert_allclose(answer["churn_probability"], served.local().ensemble, atol=1e-6)


def _post(serving: Serving, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{serving.rest_url}/v2/models/{MODEL}/infer", json=body, timeout=10)


def _metadata(serving: Serving, model: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{serving.rest_url}/v2/models/{model}").json()
    return found


def _grpc_health(serving: Serving) -> int:
    with grpc.insecure_channel(serving.grpc_target) as channel:
        status: int = HealthStub(channel).Check(HealthCheckRequest(), timeout=15).status
    return status

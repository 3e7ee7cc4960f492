"""Placement Distributed on real kind: answers as the bundle's, degraded answers, 503 where all must answer, and back.

The tests follow one another on one model, as its life would.
"""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from churn_models.encoding import encode
from churn_models.scoring.scorer import load_scorer
from support.distributed_model import NAME, DistributedModel
from support.eventually import eventually
from support.figures import record
from support.kubernetes_cluster import Cluster
from support.statuses_over_time import statuses_over_time

ROWS = 200
MEMBERS = ("random-forest", "xgboost", "lightgbm", "logistic-regression")
KILLED = "xgboost"
RECOVERY_SECONDS = 120


@pytest.fixture(scope="module")
def model(cluster: Cluster) -> Iterator[DistributedModel]:
    """The example, Ready; gone at the end, so that the cluster has room for other tests."""
    distributed = DistributedModel(cluster)
    distributed.apply()
    distributed.wait_ready(420)
    yield distributed
    distributed.delete()


def test_every_member_has_pods_of_its_own(model: DistributedModel) -> None:
    stable = model.status()["stable"]
    names = {f"{NAME}-{member}-{stable['revision']}" for member in MEMBERS}
    assert {child.partition("/")[2] for child in model.member_children()} == names
    assert len(model.pods()) == 2
    for member in MEMBERS:
        (pod,) = model.pods(member)
        assert pod["metadata"]["annotations"]["churnserve.dev/digest"] == stable["digest"]
    # The serving pods ask it for their readiness.
    assert f'churnserve_infer_seconds_count{{model="{NAME}-{KILLED}",route="grpc"' in model.metrics(KILLED)


def test_answers_equal_local_ones(model: DistributedModel) -> None:
    cluster = model.cluster
    columns = {name: cluster.frame(ROWS)[name].to_numpy() for name in cluster.schema.names}
    expected = load_scorer(model.bundle()).score(encode(cluster.schema, columns).matrix).ensemble
    with model.pod_address() as address:
        answer = model.ask(address, ROWS)
    assert answer.status_code == 200, answer.text
    assert "degraded" not in answer.text
    np.testing.assert_allclose(answer.json()["outputs"][0]["data"], expected, atol=1e-6)


def test_without_a_members_pod_the_answer_names_the_member(model: DistributedModel) -> None:
    # Watched, because the next pod may be there before the status is asked for.
    with statuses_over_time(model.cluster.kubectl, NAME) as statuses, model.pod_address() as address:
        began = time.monotonic()
        model.kill(KILLED)
        degraded = eventually(lambda: _degraded(model, address), 30, pause=0.1)
        assert degraded == KILLED
        eventually(lambda: not _degraded(model, address), RECOVERY_SECONDS, pause=0.5)
        recovered = time.monotonic() - began
        model.wait_ready(RECOVERY_SECONDS)
    assert "Degraded" in [status["state"] for status in statuses]
    assert record("member_recovery_s", recovered, "s", f"<= {RECOVERY_SECONDS}").holds


def test_where_all_must_answer_one_missing_is_503(model: DistributedModel) -> None:
    before = model.status()["stable"]["revision"]
    model.change(members={"quorum": None})
    model.wait_for_another_revision(before, 300)
    eventually(lambda: not [name for name in model.member_children() if name.endswith(before)], 120, pause=1)
    with model.pod_address() as address:
        model.kill(KILLED)
        # Until then a member that shares its core with the killed one's successor may miss its deadline too.
        alone = f"3 of 4 members answered, 4 must; missing: {KILLED}"
        eventually(lambda: alone in _refusal(model, address), 30, pause=0.1)
        eventually(lambda: model.ask(address).status_code == 200, RECOVERY_SECONDS, pause=0.5)
    model.wait_ready(RECOVERY_SECONDS)


def test_the_members_go_with_the_placement(model: DistributedModel) -> None:
    before = model.status()["stable"]["revision"]
    model.change(placement="Colocated", members=None)
    model.wait_for_another_revision(before, 300)
    eventually(lambda: model.member_children() == [], 120, pause=1)
    with model.pod_address() as address:
        assert model.ask(address).status_code == 200


def _degraded(model: DistributedModel, address: str) -> str:
    """The missing members that an answer names; under the quorum, every request is answered."""
    answer = model.ask(address)
    assert answer.status_code == 200, answer.text
    return str((answer.json().get("parameters") or {}).get("degraded", ""))


def _refusal(model: DistributedModel, address: str) -> str:
    answer = model.ask(address)
    assert answer.status_code in (200, 503), answer.text
    return str(answer.json()["error"]) if answer.status_code == 503 else ""

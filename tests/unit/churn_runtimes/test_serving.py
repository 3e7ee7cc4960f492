"""What /state says that a process has answered: every way of answering once, faults apart from clients' own."""

from typing import NamedTuple

import pytest
from churn_models.traffic import SERVING_BOUNDS, Serving
from churn_runtimes.answer_counts import Route, counting, counts_of
from churn_runtimes.metrics import count_code
from churn_runtimes.serving import serving_now


class Told(NamedTuple):
    """By which way, with which code, and as what it counts."""

    route: Route
    code: str
    failures: int = 0
    refused: int = 0


CODES = {
    "MLServer's app": Told(Route.MLSERVER, "200"),
    "broken": Told(Route.MLSERVER, "500", failures=1),
    "shed": Told(Route.MLSERVER, "503", failures=1),
    "late": Told(Route.MLSERVER, "504", failures=1),
    "no such output": Told(Route.MLSERVER, "400", refused=1),
    "too large": Told(Route.MLSERVER, "413", refused=1),
    "gRPC, broken": Told(Route.GRPC, "INTERNAL", failures=1),
    "gRPC, shed": Told(Route.GRPC, "UNAVAILABLE", failures=1),
    "gRPC, late": Told(Route.GRPC, "DEADLINE_EXCEEDED", failures=1),
    "gRPC, nobody waits": Told(Route.GRPC, "CANCELLED", failures=1),
    "gRPC, no such output": Told(Route.GRPC, "INVALID_ARGUMENT", refused=1),
    "gRPC, too large": Told(Route.GRPC, "RESOURCE_EXHAUSTED", refused=1),
}


@pytest.mark.parametrize("told", CODES.values(), ids=list(CODES))
def test_codes_are_faults_of_the_server_or_of_its_clients(told: Told) -> None:
    before = serving_now(0)
    count_code(told.route, told.code)
    after = serving_now(0)
    assert (after.failures - before.failures, after.refused - before.refused) == (told.failures, told.refused)
    assert after.answers == before.answers


def test_answers_of_all_versions_and_routes_add_up() -> None:
    before = serving_now(0)
    counts_of(Route.FAST, "served", "1").answered(0.00003, rows=2)
    counts_of(Route.GRPC, "served", "2").answered(9.0, rows=3)
    with counting(Route.MLSERVER, "served-xgboost", None) as scored:
        scored.rows = 4
    after = serving_now(0)
    assert (after.answers - before.answers, after.rows - before.rows) == (3, 9)
    assert after.seconds - before.seconds >= 9
    assert len(after.buckets) == len(SERVING_BOUNDS) + 1
    assert (after.buckets[1] - before.buckets[1], after.buckets[-1] - before.buckets[-1]) == (1, 1)


def test_requests_are_all_of_them() -> None:
    assert Serving(answers=7, failures=2, refused=1).requests == 10


def test_what_is_no_score_is_told() -> None:
    assert serving_now(7).not_scores == 7

"""A real server, another bundle's table, and somebody who says at /traffic what to try: no user is ever harmed."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.traffic import OfferedTable, State, Traffic
from churn_runtimes.candidate.packed_table import PackedTable
from churn_training.datasets import Dataset
from support.bundle_server import VERSION, bundle_server
from support.eventually import eventually
from support.figures import record
from support.free_port import free_port
from support.local_stack import Serving
from support.second_bundle import second_bundle
from support.tables import all_equal, fooled, offer, packed
from support.traffic_server import TrafficServer
from support.users import Users

IN_FORCE_SECONDS = 5
SECONDS = 15


class Running(NamedTuple):
    """A stable server, one that has the other bundle, and who tells the first what to do."""

    stable: Serving
    state_url: str
    verifier_url: str
    operator: TrafficServer

    def state(self) -> State:
        """What the stable server tells."""
        return State.read(httpx.get(self.state_url, timeout=SECONDS).content)


@pytest.fixture(scope="module")
def second(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return second_bundle(telco_schema, dataset, tmp_path_factory.mktemp("second"))


@pytest.fixture(scope="module")
def tables(bundle: Bundle, second: Bundle) -> dict[str, PackedTable]:
    return {VERSION: packed(bundle, VERSION), "8": packed(second, "8")}


@pytest.fixture(scope="module")
def running(bundle: Bundle, second: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    logs = tmp_path_factory.mktemp("candidate")
    ports = [free_port(), free_port()]
    with TrafficServer() as operator:
        tried = ["--metrics-port", str(ports[0]), "--traffic", operator.url]
        with (
            bundle_server(bundle, logs / "stable", tried) as stable,
            bundle_server(second, logs / "verifier", ["--metrics-port", str(ports[1])]),
        ):
            urls = [f"http://127.0.0.1:{port}" for port in ports]
            yield Running(stable, f"{urls[0]}/state", urls[1], operator)


@pytest.fixture
def customers(bundle: Bundle) -> Matrix:
    sample: Matrix = np.load(bundle.folder / "reference_sample.npy", allow_pickle=False)
    return np.ascontiguousarray(sample[:50])


_generation = iter(range(1, 1_000))


@pytest.fixture(autouse=True)
def nothing_is_tried(running: Running) -> None:
    """What the test before has left ends before a user asks."""
    running.operator.word = Traffic(generation=next(_generation))
    eventually(lambda: running.state().in_force is None, SECONDS, pause=0.1)


def _say(running: Running, table: OfferedTable, **more: Any) -> Traffic:
    wanted = {"candidate": table.sha256, "generation": next(_generation), **more}
    running.operator.word = Traffic(tables=(table,), **wanted)
    return running.operator.word


def _in_force(running: Running, weight: int) -> bool:
    state = running.state()
    return (state.in_force.weight if state.in_force else 0) == weight


def _say_and_wait(running: Running, table: OfferedTable, **more: Any) -> float:
    """How long it takes until the weight is in force."""
    began = time.monotonic()
    word = _say(running, table, **more)
    eventually(lambda: _in_force(running, word.weight), SECONDS, pause=0.05)
    return time.monotonic() - began


def test_a_verifier_offers_its_table_and_knows_nobody(running: Running, tables: dict[str, PackedTable]) -> None:
    state = State.read(httpx.get(f"{running.verifier_url}/state", timeout=SECONDS).content)
    (held,) = state.held
    assert (state.holds_none_because, state.in_force, held.sha256) == (None, None, tables["8"].sha256)
    table = httpx.get(f"{running.verifier_url}/tables/{held.sha256}", timeout=SECONDS)
    assert table.content == tables["8"].content
    assert httpx.get(f"{running.verifier_url}/tables/sha256:0", timeout=SECONDS).status_code == 404


def test_weights_are_in_force_within_five_seconds_and_shares_are_exact(
    running: Running, customers: Matrix, tables: dict[str, PackedTable]
) -> None:
    table = offer(tables["8"], f"{running.verifier_url}/tables/{tables['8'].sha256}")
    slowest, errors = 0.0, []
    for weight in (5, 25, 50, 0):
        slowest = max(slowest, _say_and_wait(running, table, weight=weight))
        with Users(running.stable, customers, tables) as users:
            eventually(lambda: sum(users.versions.values()) >= 1_000, 120, pause=0.2)
        assert (users.failures, users.wrong) == ([], [])
        errors.append(abs(100 * users.versions["8"] / users.versions.total() - weight))
    assert max(errors) <= 1
    state = running.state()
    assert [version.version for version in state.versions] == [VERSION, "8"]
    candidate = state.versions[1]
    # Whatever the candidate has answered, both have scored.
    assert state.pairs[0].rows == candidate.scored == candidate.requests > 0
    assert candidate.faults == 0
    assert record("weight_in_force_alone_s_max", slowest, "s", f"<= {IN_FORCE_SECONDS}").holds
    assert record("canary_share_alone_error_points", max(errors), "points", "<= 1").holds


def test_metrics_tell_versions_apart(running: Running, customers: Matrix, tables: dict[str, PackedTable]) -> None:
    table = offer(tables["8"], f"{running.verifier_url}/tables/{tables['8'].sha256}")
    _say_and_wait(running, table, weight=50)
    with Users(running.stable, customers, tables) as users:
        eventually(lambda: users.versions["8"] >= 100, 60, pause=0.2)
    page = httpx.get(running.state_url.replace("/state", "/metrics"), timeout=SECONDS).text
    for line in (
        'churnserve_candidate_weight{model="small",version="8"} 50.0',
        'churnserve_candidate_breaker_open{model="small",version="8"} 0.0',
        'churnserve_candidate_faults_total{fault="not finite",model="small",version="8"} 0.0',
        'churnserve_paired_rows_total{model="small",version="8"}',
        'churnserve_paired_score_psi{model="small",version="8"}',
        'churnserve_paired_rank_correlation{model="small",version="8"}',
        'churnserve_infer_seconds_count{model="small",route="fast",version="8"}',
        'churnserve_infer_seconds_count{model="small",route="grpc",version="8"}',
    ):
        assert line in page, line


@pytest.mark.parametrize("leaf", [float("nan"), 1e9, float("-inf")], ids=["NaN", "out of range", "infinite"])
def test_a_candidate_that_scores_wrongly_harms_no_user(
    leaf: float, running: Running, customers: Matrix, tables: dict[str, PackedTable], second: Bundle
) -> None:
    bad = fooled(tables["8"], second, leaf)
    running.operator.files["/bad"] = bad.content
    with Users(running.stable, customers, {**tables, "8": bad}) as users:
        _say(running, offer(bad, f"{running.operator.base}/bad"), weight=100)
        eventually(lambda: _breaker_is_open(running), 60, pause=0.2)
        before = users.versions["8"]
        eventually(lambda: users.versions[VERSION] >= 200, 60, pause=0.2)
        assert users.versions["8"] == before
    assert (users.failures, users.wrong) == ([], [])
    state = running.state()
    assert state.in_force is not None
    assert (state.in_force.weight, state.in_force.candidate) == (0, bad.sha256)
    assert state.versions[1].faults >= 20


def _breaker_is_open(running: Running) -> bool:
    state = running.state()
    return state.in_force is not None and state.in_force.is_breaker_open


def test_a_candidate_whose_scores_are_all_equal_is_seen_in_the_pairs(
    running: Running, customers: Matrix, tables: dict[str, PackedTable], second: Bundle
) -> None:
    flat = all_equal(tables["8"], second, 0.5)
    running.operator.files["/flat"] = flat.content
    with Users(running.stable, customers, {**tables, "8": flat}) as users:
        _say(running, offer(flat, f"{running.operator.base}/flat"), sample=100)
        eventually(lambda: any(pairs.rows >= 200 for pairs in running.state().pairs), 60, pause=0.2)
    # In Shadow it answers nobody.
    assert (users.failures, users.wrong, users.versions["8"]) == ([], [], 0)
    (pairs,) = running.state().pairs
    assert pairs.rank_correlation is None
    assert (pairs.score_psi or 0) > 0.2


def test_a_table_that_is_not_what_was_said_is_never_tried(
    running: Running, customers: Matrix, tables: dict[str, PackedTable]
) -> None:
    running.operator.files["/cut"] = tables["8"].content[:-100]
    with Users(running.stable, customers, tables) as users:
        table = offer(tables["8"], f"{running.operator.base}/cut", f"{running.operator.base}/nothing")
        _say(running, table, weight=100)
        eventually(lambda: tables["8"].sha256 in running.state().not_held, SECONDS, pause=0.1)
        assert "TableUnavailable" in running.state().not_held[tables["8"].sha256]
    assert (users.failures, users.wrong, users.versions["8"]) == ([], [], 0)


def test_a_standby_changes_nothing_and_a_word_ends_it(
    running: Running, customers: Matrix, tables: dict[str, PackedTable]
) -> None:
    table = offer(tables["8"], f"{running.verifier_url}/tables/{tables['8'].sha256}")
    _say_and_wait(running, table, weight=100)
    running.operator.word = None
    asked = len(running.operator.asked)
    eventually(lambda: len(running.operator.asked) >= asked + 3, SECONDS, pause=0.1)
    assert _in_force(running, 100)
    with Users(running.stable, customers, tables) as users:
        eventually(lambda: users.versions["8"] >= 20, 60, pause=0.1)
    assert users.versions[VERSION] == 0
    began = time.monotonic()
    running.operator.word = Traffic(generation=next(_generation))
    eventually(lambda: running.state().in_force is None, SECONDS, pause=0.05)
    assert time.monotonic() - began <= IN_FORCE_SECONDS
    assert [held.version for held in running.state().held] == [VERSION]

"""Bad candidates as whole bundles, on real servers: what a pod does about each without asking anybody.

What the operator then decides is tested on real kind; here a test says what it would say.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pytest
from churn_models.bundle import Bundle, open_bundle
from churn_models.encoding import Matrix
from churn_models.exit_code import ExitCode
from churn_models.feature_schema import FeatureSchema
from churn_models.paired_scores import PairedScores
from churn_models.traffic import State, Traffic
from churn_runtimes.candidate.packed_table import PackedTable
from support import bad_candidates
from support.bad_candidates import Maker, struck
from support.bundle_server import VERSION, bundle_server
from support.eventually import eventually
from support.free_port import free_port
from support.local_stack import Serving
from support.tables import offer, packed
from support.traffic_server import TrafficServer
from support.users import INFER, Users
from support.v2_tensors import matrix_tensor

SECONDS = 90
IN_FORCE_SECONDS = 5
_generation = count(1)


class Pod(NamedTuple):
    """A real server and its metrics port."""

    serving: Serving
    metrics: str

    def state(self) -> State:
        """What it tells."""
        return State.read(httpx.get(f"{self.metrics}/state", timeout=SECONDS).content)

    def source(self, table: PackedTable) -> str:
        """Where it offers the table."""
        return f"{self.metrics}/tables/{table.sha256}"

    def tries(self, weight: int) -> bool:
        """Whether a candidate answers so many percent now."""
        found = self.state().in_force
        return found is not None and found.weight == weight

    def breaker_is_open(self) -> bool:
        """Whether a candidate has been taken out."""
        found = self.state().in_force
        return found is not None and found.is_breaker_open


@contextmanager
def _pod(bundle: Bundle, log: Path, version: str, operator: TrafficServer | None = None) -> Iterator[Pod]:
    port = free_port()
    options = ["--metrics-port", str(port), "--model-version", version]
    options += ["--traffic", operator.url] if operator else []
    with bundle_server(bundle, log, options) as serving:
        yield Pod(serving, f"http://127.0.0.1:{port}")


@pytest.fixture(scope="module")
def operator() -> Iterator[TrafficServer]:
    with TrafficServer() as server:
        yield server


@pytest.fixture(scope="module")
def stable(bundle: Bundle, operator: TrafficServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    with _pod(bundle, tmp_path_factory.mktemp("stable") / "log", VERSION, operator) as pod:
        yield pod


@pytest.fixture(scope="module")
def customers(bundle: Bundle, telco_schema: FeatureSchema) -> Matrix:
    """A third of them without internet."""
    sample: Matrix = np.load(bundle.folder / "reference_sample.npy", allow_pickle=False)[:60].copy()
    for place, code in struck(telco_schema).items():
        sample[::3, place] = code
    return np.ascontiguousarray(sample)


@contextmanager
def _canary(maker: Maker, good: Bundle, stable: Pod, operator: TrafficServer, folder: Path) -> Iterator[PackedTable]:
    """Between its first share and its end."""
    made = open_bundle(maker(good, folder / "bundle"))
    with _pod(made, folder / "log", "8") as verifier:
        table = packed(made, "8")
        (held,) = verifier.state().held
        assert held.sha256 == table.sha256
        tables = (offer(table, verifier.source(table)),)
        operator.word = Traffic(generation=next(_generation), tables=tables, candidate=table.sha256, weight=50)
        eventually(lambda: stable.tries(50), SECONDS, pause=0.05)
        yield table
    operator.word = Traffic(generation=next(_generation))
    eventually(lambda: stable.state().in_force is None, SECONDS, pause=0.1)


@pytest.mark.parametrize("maker", [bad_candidates.not_finite, bad_candidates.out_of_range])
def test_no_user_gets_what_is_no_score_and_the_pod_takes_it_out(
    maker: Maker, bundle: Bundle, stable: Pod, operator: TrafficServer, customers: Matrix, tmp_path: Path
) -> None:
    own = packed(bundle, VERSION)
    with _canary(maker, bundle, stable, operator, tmp_path) as table:
        with Users(stable.serving, customers, {VERSION: own, "8": table}) as users:
            eventually(stable.breaker_is_open, SECONDS, pause=0.2)
            answered = users.versions["8"]
            asked = users.versions.total()
            eventually(lambda: users.versions.total() >= asked + 200, SECONDS, pause=0.1)
            assert users.versions["8"] <= answered + 1  # one may have been on its way
        assert (users.failures, users.wrong) == ([], [])
        found = {version.version: version for version in stable.state().versions}
        assert found["8"].faults >= 20
        assert found[VERSION].faults == 0


def _is_inverted(pairs: PairedScores) -> bool:
    return pairs.rank_correlation is not None and pairs.rank_correlation < 0


def _is_shifted(pairs: PairedScores) -> bool:
    # Where all its scores lie above the last edge, there are no ranks.
    return (pairs.score_psi or 0) > 1


def _is_equal(pairs: PairedScores) -> bool:
    return pairs.rank_correlation is None and (pairs.score_psi or 0) > 1


@pytest.mark.parametrize(
    ("maker", "shows"),
    [
        (bad_candidates.inverted, _is_inverted),
        (bad_candidates.shifted, _is_shifted),
        (bad_candidates.all_equal, _is_equal),
    ],
)
def test_a_skew_shows_in_two_hundred_pairs(  # noqa: PLR0913, PLR0917  # fixtures
    maker: Maker,
    shows: Callable[[PairedScores], bool],
    bundle: Bundle,
    stable: Pod,
    operator: TrafficServer,
    customers: Matrix,
    tmp_path: Path,
) -> None:
    own = packed(bundle, VERSION)
    with _canary(maker, bundle, stable, operator, tmp_path) as table:
        with Users(stable.serving, customers, {VERSION: own, "8": table}) as users:
            eventually(lambda: sum(pairs.rows for pairs in stable.state().pairs) >= 200, SECONDS, pause=0.2)
        assert (users.failures, users.wrong) == ([], [])
        (pairs,) = stable.state().pairs
        assert shows(pairs), (pairs.rank_correlation, pairs.score_psi)


@pytest.mark.parametrize(
    ("maker", "error"),
    [(bad_candidates.misjudged, "GoldenMismatch"), (bad_candidates.broken_for_many, "ScoresInvalid")],
)
def test_a_verifier_ends_with_the_code_of_a_faulty_bundle(
    maker: Maker, error: str, bundle: Bundle, tmp_path: Path
) -> None:
    made = maker(bundle, tmp_path / "bundle")
    ports = [word for port in ("rest", "grpc", "metrics") for word in (f"--{port}-port", str(free_port()))]
    command = [sys.executable, "-m", "churn_runtimes", "serve", "--bundle", str(made), "--host", "127.0.0.1", *ports]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == ExitCode.BUNDLE_FAULT, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith(f"error ({error}): ")


def _seconds_per_answer(pod: Pod, customers: Matrix) -> float:
    for row in range(30):
        body = {"inputs": [matrix_tensor(customers[row : row + 1])]}
        assert httpx.post(f"{pod.serving.rest_url}{INFER}", json=body, timeout=SECONDS).status_code == 200
    serving = pod.state().serving
    assert serving is not None
    assert serving.failures == 0
    return serving.seconds / serving.answers


def test_a_slow_one_cannot_be_tried_and_shows_in_what_it_serves(
    bundle: Bundle, stable: Pod, customers: Matrix, tmp_path: Path
) -> None:
    with _pod(open_bundle(bad_candidates.slow(bundle, tmp_path / "bundle")), tmp_path / "log", "8") as pod:
        assert "scored by their libraries" in (pod.state().holds_none_because or "")
        assert _seconds_per_answer(pod, customers) >= 5 * _seconds_per_answer(stable, customers)


def test_a_bad_version_that_was_promoted_shows_in_probation_and_is_rolled_back_by_weight(
    bundle: Bundle, stable: Pod, customers: Matrix, tmp_path: Path
) -> None:
    """The new pod owns the bad version and fetches the previous one from an old pod as soon as it is ready."""
    bad = open_bundle(bad_candidates.not_finite(bundle, tmp_path / "bundle"))
    old, new = packed(bundle, VERSION), packed(bad, "8")
    with TrafficServer() as operator:
        tables = (offer(new, "http://127.0.0.1:1/gone"), offer(old, stable.source(old)))
        operator.word = Traffic(generation=1, tables=tables, candidate=new.sha256, weight=100)
        with _pod(bad, tmp_path / "log", "8", operator) as pod:
            eventually(lambda: [held.version for held in pod.state().held] == ["8", VERSION], IN_FORCE_SECONDS)
            assert pod.state().in_force is None
            tried: dict[str, Any] = {"tables": tables[1:], "candidate": old.sha256, "previous": True}
            operator.word = Traffic(generation=2, sample=100, **tried)
            eventually(lambda: pod.state().in_force is not None, IN_FORCE_SECONDS)
            with Users(pod.serving, customers, {VERSION: old, "8": new}) as users:
                eventually(lambda: pod.state().versions[0].faults >= 20, SECONDS, pause=0.2)
                operator.word = Traffic(generation=3, weight=100, **tried)
                eventually(lambda: pod.tries(100), IN_FORCE_SECONDS, pause=0.05)
                answered = users.versions["8"]
                asked = users.versions.total()
                eventually(lambda: users.versions.total() >= asked + 200, SECONDS, pause=0.1)
                assert users.versions["8"] <= answered + 2  # some may have been on their way
            # Both scored all of probation's requests here, so even its faults were answered by the previous version.
            assert (users.failures, users.wrong) == ([], [])
            found = pod.state().serving
            assert found is not None
            assert found.not_scores >= 20

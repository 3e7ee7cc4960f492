"""Large requests for contributions: nobody else waits for them, and they end with their deadline."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import orjson
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_runtimes.evaluator.explain_member import ExplainMember, Move
from churn_runtimes.limits import Limits
from churn_runtimes.server import _THREADS
from churn_runtimes.v2.errors import TooLarge
from support.v2_apps import V2Apps
from support.v2_tensors import grpc_matrix, matrix_tensor

INFER = "/v2/models/small/infer"
LIMITS = Limits(deadline=4.0)
_SECONDS_PER_ROW = 0.005
_LARGE = 1000
_OF_A_KIND = 3


@dataclass
class _SlowMove:
    """As if the trees were many and deep."""

    move: Move
    seconds_per_row: float = _SECONDS_PER_ROW
    rows: list[int] = field(default_factory=list)

    def __call__(self, matrix: Matrix, /) -> Scores:
        self.rows.append(len(matrix))
        time.sleep(self.seconds_per_row * len(matrix))
        return self.move(matrix)


@pytest.fixture
def apps(bundle: Bundle) -> Iterator[V2Apps]:
    with V2Apps(bundle, "small", "1", LIMITS) as apps:
        yield apps


@pytest.fixture
def slow(apps: V2Apps) -> _SlowMove:
    """How the ensemble's first member is explained from now on."""
    evaluator = apps.ensemble.evaluator
    name = evaluator.members[0]
    explainer = evaluator.explainers[name]
    assert isinstance(explainer, ExplainMember)
    slow = _SlowMove(explainer.move)
    apps.ensemble.evaluator = replace(
        evaluator, explainers={**evaluator.explainers, name: replace(explainer, move=slow)}
    )
    return slow


def _rows(matrix: Matrix, count: int) -> Matrix:
    return np.resize(matrix, (count, matrix.shape[1]))


def _body(matrix: Matrix, outputs: list[str], top: int | None = None) -> bytes:
    parameters = {} if top is None else {"top_reasons": top}
    named = [{"name": name} for name in outputs]
    return orjson.dumps({"inputs": [matrix_tensor(matrix)], "outputs": named, "parameters": parameters})


async def _rest_status(apps: V2Apps, body: bytes) -> int:
    return (await apps.post_async(INFER, body)).status


async def _grpc_status(apps: V2Apps, matrix: Matrix) -> int:
    request = grpc_matrix("small", matrix, True)
    request.outputs.add(name="contributions")
    try:
        await apps.call_async(request)
    except TimeoutError:
        return 504
    except TooLarge:
        return 413
    return 200


def test_nobody_waits_for_them_and_they_end_with_their_deadline(apps: V2Apps, slow: _SlowMove, matrix: Matrix) -> None:
    large = _rows(matrix, _LARGE)
    contributions, reasons = _body(large, ["contributions"]), _body(large, [], top=3)
    scoring, one = _body(_rows(matrix, 100), []), _body(matrix[:1], ["contributions"])

    async def story() -> None:
        # As `serve` does it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
        asked = [_rest_status(apps, body) for body in (contributions, reasons) for _ in range(_OF_A_KIND)]
        asked += [_grpc_status(apps, large) for _ in range(_OF_A_KIND)]
        hogs = asyncio.gather(*asked)
        while not slow.rows:
            await asyncio.sleep(0.01)
        assert await _rest_status(apps, scoring) == 200
        assert await _rest_status(apps, one) == 200
        assert not hogs.done()
        # Late, or on a slow machine refused.
        assert set(await hogs) <= {504, 413}
        # Behind a piece that had begun.
        assert await _rest_status(apps, one) == 200
        explained = list(slow.rows)
        await asyncio.sleep(1)
        assert slow.rows == explained
        assert all(apps.in_flight.enter() for _ in range(LIMITS.in_flight)), "a place was not given back"

    apps.run(story())


def test_a_client_that_hangs_up_ends_its_explaining(apps: V2Apps, slow: _SlowMove, matrix: Matrix) -> None:
    large = _body(_rows(matrix, _LARGE), ["contributions"])

    async def story() -> None:
        assert await apps.hang_up_async(INFER, large, lambda: bool(slow.rows)) == []
        # The piece that had begun ends.
        assert await _rest_status(apps, _body(matrix[:1], ["contributions"])) == 200
        explained = list(slow.rows)
        await asyncio.sleep(1)
        assert slow.rows == explained
        assert all(apps.in_flight.enter() for _ in range(LIMITS.in_flight)), "a place was not given back"

    apps.run(story())


def test_plainly_too_many_rows_are_refused(apps: V2Apps, slow: _SlowMove, matrix: Matrix) -> None:
    slow.seconds_per_row = 10 * _SECONDS_PER_ROW
    answer = apps.run(apps.post_async(INFER, _body(_rows(matrix, _LARGE), ["contributions"])))
    assert answer.status == 413
    assert b"contributions of 1000 rows would take about " in answer.body
    assert apps.run(_grpc_status(apps, _rows(matrix, _LARGE))) == 413

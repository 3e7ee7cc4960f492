"""The ensemble's side of the fan-out against members that are right, slow, dead or wrong, over real gRPC."""

import asyncio
import math
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import grpc
import numpy as np
import pytest
from churn_models.combine import CombineRule, Scores
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_runtimes.remote_members.client import MemberClient
from churn_runtimes.remote_members.failure import FailureReason, MemberFailed, QuorumMissing
from churn_runtimes.remote_members.fan_out import FanOut
from churn_runtimes.remote_members.watch import Watch
from prometheus_client import REGISTRY
from support.fake_manifest import fake_manifest
from support.fake_member import FakeMember, Manner
from support.free_port import free_port

DIGEST = "sha256:" + "0" * 64
DEADLINE = 0.25
MARGIN = 0.5
"""What this machine may add when it is busy."""
ROWS: Matrix = np.array([[1.0, math.nan], [3.0, 4.0]], dtype=np.float32)
WEIGHTS = {"one": 1.0, "two": 2.0, "three": 1.0}
SLOW = Manner(seconds=1.0)
DEAD = None
SCORES = (Manner(0.2), Manner(0.4), Manner(0.9))

Manners = tuple[Manner | None, ...]


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        pytest.param(SLOW, FailureReason.DEADLINE, id="slow"),
        pytest.param(DEAD, FailureReason.UNREACHABLE, id="nobody listens"),
        pytest.param(Manner(says=grpc.StatusCode.NOT_FOUND), FailureReason.OTHER_BUNDLE, id="knows no such version"),
        pytest.param(Manner(version="7"), FailureReason.OTHER_BUNDLE, id="answers as another version"),
        pytest.param(Manner(says=grpc.StatusCode.INVALID_ARGUMENT), FailureReason.REFUSED, id="refuses the request"),
        pytest.param(Manner(says=grpc.StatusCode.INTERNAL), FailureReason.FAILED, id="fails"),
        pytest.param(Manner(score=math.nan), FailureReason.INVALID, id="not a number"),
        pytest.param(Manner(score=1.5), FailureReason.INVALID, id="no probability"),
        pytest.param(Manner(rows=1), FailureReason.INVALID, id="a score too many"),
        pytest.param(Manner(output="predict"), FailureReason.INVALID, id="another output"),
        pytest.param(Manner(raw_contents=(bytes(15),)), FailureReason.INVALID, id="raw bytes that are no numbers"),
        pytest.param(Manner(raw_contents=(b"",)), FailureReason.INVALID, id="no raw bytes"),
        pytest.param(Manner(datatype="FP32"), FailureReason.INVALID, id="another datatype"),
        pytest.param(Manner(datatype=""), FailureReason.INVALID, id="no datatype"),
        pytest.param(Manner(ahead=("a",)), FailureReason.INVALID, id="more outputs than raw contents"),
    ],
)
def test_a_member_that_gives_no_answer_fails_for_a_reason_and_in_time(
    manner: Manner | None, reason: FailureReason
) -> None:
    async def ask(clients: list[MemberClient]) -> None:
        began = time.monotonic()
        with pytest.raises(MemberFailed) as failed:
            await clients[0].score(ROWS, DEADLINE)
        assert time.monotonic() - began < DEADLINE + MARGIN
        assert (failed.value.member, failed.value.reason) == ("one", reason)

    _with_members((manner,), ask)


def test_a_host_that_accepts_and_says_nothing_costs_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:

        async def ask() -> None:
            client = MemberClient("one", f"127.0.0.1:{silent.getsockname()[1]}", "telco-one", DIGEST)
            for _ in range(2):
                began = time.monotonic()
                with pytest.raises(MemberFailed, match="deadline"):
                    await client.score(ROWS, DEADLINE)
                assert time.monotonic() - began < DEADLINE + MARGIN
            await client.close()

        asyncio.run(ask())


@pytest.mark.parametrize("raw", [True, False], ids=["raw contents", "typed contents"])
def test_the_encoded_rows_arrive_as_they_are_under_the_digest(raw: bool) -> None:
    with FakeMember(Manner(0.25, raw=raw)) as member:

        async def ask() -> None:
            client = MemberClient("one", member.target, "telco-one", DIGEST)
            np.testing.assert_array_equal(await client.score(ROWS, 5), [0.25, 0.25])
            await client.close()

        asyncio.run(ask())
        (request,) = member.requests
    assert (request.model_name, request.model_version) == ("telco-one", DIGEST)
    assert (request.inputs[0].datatype, list(request.inputs[0].shape)) == ("FP32", [2, 2])
    np.testing.assert_array_equal(np.frombuffer(request.raw_input_contents[0], dtype="<f4"), ROWS.ravel())


@pytest.mark.parametrize(
    ("rule", "manners", "quorum", "expected", "missing"),
    [
        pytest.param(CombineRule.MEAN, SCORES, None, 0.5, (), id="all answer"),
        pytest.param(CombineRule.WEIGHTED, SCORES, 2, 0.475, (), id="all answer, by weight"),
        pytest.param(CombineRule.MEAN, (Manner(0.2), SLOW, Manner(0.9)), 2, 0.55, ("two",), id="one is slow"),
        pytest.param(CombineRule.WEIGHTED, (*SCORES[:2], DEAD), 2, 1.0 / 3, ("three",), id="the weights fall to two"),
        pytest.param(CombineRule.VOTE, (DEAD, *SCORES[1:]), 2, 1.0 / 3, ("one",), id="a vote of two"),
        pytest.param(CombineRule.MEAN, (DEAD, SLOW, Manner(0.9)), 1, 0.9, ("one", "two"), id="one is enough"),
        pytest.param(CombineRule.MEAN, (*SCORES[:2], SLOW), None, None, (), id="all must answer"),
        pytest.param(CombineRule.MEAN, (DEAD, SLOW, Manner(0.9)), 2, None, (), id="fewer than the quorum"),
        pytest.param(CombineRule.MEAN, (DEAD, DEAD, DEAD), 1, None, (), id="all dead"),
        pytest.param(CombineRule.STACK, (*SCORES[:2], DEAD), 1, None, (), id="a stack needs all"),
    ],
)
def test_the_members_that_answer_make_the_answer(
    rule: CombineRule, manners: Manners, quorum: int | None, expected: float | None, missing: tuple[str, ...]
) -> None:
    async def ask(clients: list[MemberClient]) -> None:
        began = time.monotonic()
        scores = await _scores(FanOut(fake_manifest("telco", WEIGHTS, rule), clients, quorum))
        assert time.monotonic() - began < DEADLINE + MARGIN
        if expected is None:
            assert scores is None
        else:
            assert scores is not None
            np.testing.assert_allclose(scores.ensemble, [expected] * len(ROWS))
            assert scores.missing == missing
            assert set(scores.members) == set(WEIGHTS) - set(missing)

    _with_members(manners, ask)


def test_a_missing_quorum_says_how_many_and_who() -> None:
    async def ask(clients: list[MemberClient]) -> None:
        with pytest.raises(QuorumMissing, match=r"1 of 3 members answered, 2 must; missing: one \(unreachable\), two"):
            await FanOut(fake_manifest("telco", WEIGHTS), clients, 2).score(ROWS, DEADLINE)

    _with_members((DEAD, SLOW, Manner()), ask)


def test_members_are_asked_at_the_same_time() -> None:
    async def ask(clients: list[MemberClient]) -> None:
        began = time.monotonic()
        await FanOut(fake_manifest("telco", WEIGHTS), clients, None).score(ROWS, 5)
        assert time.monotonic() - began < 0.9

    _with_members((Manner(seconds=0.4),) * 3, ask)


def test_a_dead_member_is_found_again_soon_after_it_is_back() -> None:
    port = free_port()

    async def ask() -> None:
        client = MemberClient("one", f"127.0.0.1:{port}", "telco-one", DIGEST)
        for _ in range(3):
            with FakeMember(port=port):
                await _until_it_answers(client, 3)
            with pytest.raises(MemberFailed):
                await client.score(ROWS, DEADLINE)
        await client.close()

    asyncio.run(ask())


def test_a_new_channel_loses_no_request() -> None:
    async def ask(clients: list[MemberClient]) -> None:
        under_way = [asyncio.create_task(clients[0].score(ROWS, 5)) for _ in range(4)]
        await asyncio.sleep(0.1)
        renewal = asyncio.create_task(clients[0].renew())
        await asyncio.gather(*under_way, clients[0].score(ROWS, 5), renewal)

    _with_members((Manner(seconds=0.3),), ask)


def test_the_watch_follows_members_as_they_go_and_come() -> None:
    port = free_port()

    async def ask(clients: list[MemberClient]) -> None:
        client = MemberClient("two", f"127.0.0.1:{port}", "telco-two", DIGEST)
        watch = Watch([*clients, client], ROWS[:1])
        watch.start()
        await _until(lambda: watch.answering == 1)
        with FakeMember(port=port):
            await _until(lambda: watch.answering == 2)
        await _until(lambda: watch.answering == 1)
        await watch.stop()
        await client.close()

    _with_members((Manner(),), ask)


@pytest.mark.parametrize(
    "turns", [Manner(raw_contents=(bytes(15),)), Manner(ahead=("a",)), Manner(datatype="FP32")], ids=str
)
def test_a_member_that_begins_to_talk_nonsense_is_watched_on(turns: Manner) -> None:
    with FakeMember() as member:

        async def ask() -> None:
            client = MemberClient("one", member.target, "telco-one", DIGEST)
            watch = Watch([client], ROWS[:1])
            watch.start()
            member.manner = turns
            await _until(lambda: watch.answering == 0)
            member.manner = Manner()
            await _until(lambda: watch.answering == 1)
            await watch.stop()
            await client.close()

        asyncio.run(ask())


class _BrokenClient:
    """Fails as no client should, until it is mended."""

    member = "one"

    def __init__(self) -> None:
        self.broken = True

    async def score(self, matrix: Matrix, deadline: float) -> Scores:
        if self.broken:
            raise RuntimeError("what nobody thought of")
        return np.zeros(len(matrix))


def test_whatever_a_client_raises_its_member_is_watched_on() -> None:
    async def ask() -> None:
        client = _BrokenClient()
        watch = Watch([client], ROWS[:1])  # type: ignore[list-item]
        watch.start()
        await _until(lambda: watch.answering == 0)
        client.broken = False
        await _until(lambda: watch.answering == 1)
        await watch.stop()

    asyncio.run(ask())


def test_failures_and_times_are_counted_by_member() -> None:
    async def ask(clients: list[MemberClient]) -> None:
        before = [_metric("failures_total", member="one", reason="deadline"), _metric("degraded_answers_total")]
        answered = _metric("member_request_seconds_count", member="two")
        await FanOut(fake_manifest("telco", {"one": 1, "two": 1}), clients, 1).score(ROWS, DEADLINE)
        assert _metric("failures_total", member="one", reason="deadline") == before[0] + 1
        assert _metric("degraded_answers_total") == before[1] + 1
        assert _metric("member_request_seconds_count", member="two") == answered + 1

    _with_members((SLOW, Manner()), ask)


def _with_members(manners: Manners, ask: Callable[[list[MemberClient]], Awaitable[None]]) -> None:
    """Run `ask` with a client per member, named after the weights; None is a port at which nobody listens."""

    async def run(targets: list[str]) -> None:
        names = zip(WEIGHTS, targets, strict=False)
        clients = [MemberClient(name, target, f"telco-{name}", DIGEST) for name, target in names]
        await ask(clients)
        for client in clients:
            await client.close()

    with ExitStack() as stack:
        running = [stack.enter_context(FakeMember(manner)) if manner else None for manner in manners]
        asyncio.run(run([member.target if member else f"127.0.0.1:{free_port()}" for member in running]))


async def _scores(fan_out: FanOut) -> EnsembleScores | None:
    try:
        return await fan_out.score(ROWS, DEADLINE)
    except QuorumMissing:
        return None


async def _until_it_answers(client: MemberClient, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            await client.score(ROWS, DEADLINE)
            return
        except MemberFailed:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def _until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not check():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def _metric(name: str, **labels: str) -> float:
    prefix = "churnserve_member_" if name == "failures_total" else "churnserve_"
    return REGISTRY.get_sample_value(f"{prefix}{name}", labels) or 0.0

"""The channel to a member's pods by the records of a headless Service: balanced, healed, and extended in time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import grpc
import numpy as np
import pytest
from churn_runtimes.remote_members import channel, client
from churn_runtimes.remote_members.client import MemberClient
from churn_runtimes.remote_members.failure import MemberFailed
from support.fake_dns import FakeDns
from support.fake_member import FakeMember
from support.free_port import free_port

DIGEST = "sha256:" + "0" * 64
ROW = np.zeros((1, 2), dtype=np.float32)
FIRST, SECOND, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDns]:
    """The server that the channel asks instead of the one of this machine."""
    with FakeDns() as running:
        monkeypatch.setattr(client, "open_channel", partial(_open_channel, running.port))
        yield running


def test_calls_go_to_all_pods_in_turn(dns: FakeDns) -> None:
    port = free_port()
    dns.addresses = [FIRST, SECOND]
    with FakeMember(port=port, host=FIRST) as first, FakeMember(port=port, host=SECOND) as second:
        _run(port, lambda member: _ask(member, 200))
    assert min(len(first.requests), len(second.requests)) >= 10


def test_a_pod_that_another_replaces_is_missed_for_a_moment_alone(dns: FakeDns) -> None:
    port = free_port()
    dns.addresses = [FIRST]
    old = FakeMember(port=port, host=FIRST)

    async def act(member: MemberClient) -> None:
        with old:
            await _ask(member, 1)
        dns.addresses = [SECOND]
        with FakeMember(port=port, host=SECOND):
            began = time.monotonic()
            while not await _answers(member):
                assert time.monotonic() - began < 5
            await _ask(member, 5)

    _run(port, act)


def test_pods_that_come_in_addition_are_found_by_a_new_channel(dns: FakeDns) -> None:
    port = free_port()
    dns.addresses = [FIRST]
    with FakeMember(port=port, host=FIRST), FakeMember(port=port, host=THIRD) as third:

        async def act(member: MemberClient) -> None:
            await _ask(member, 5)
            dns.addresses = [FIRST, THIRD]
            await _ask(member, 5)
            assert not third.requests
            await member.renew()
            await _ask(member, 20)

        _run(port, act)
    assert third.requests


def _open_channel(dns_port: int, target: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(f"dns://127.0.0.1:{dns_port}/{target}", options=channel._OPTIONS)


def _run(port: int, act: Callable[[MemberClient], Awaitable[None]]) -> None:
    async def run() -> None:
        member = MemberClient("one", f"member.test:{port}", "telco-one", DIGEST)
        await act(member)
        await member.close()

    asyncio.run(run())


async def _ask(member: MemberClient, times: int) -> None:
    for _ in range(times):
        await member.score(ROW, 5)


async def _answers(member: MemberClient) -> bool:
    try:
        await member.score(ROW, 0.25)
    except MemberFailed:
        await asyncio.sleep(0.05)
        return False
    return True

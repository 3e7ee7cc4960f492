"""What is shed at the connection: answered before it is read, in the protocol's form, and the connection goes on."""

import asyncio
import time
from typing import cast

import pytest
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.way import BYTES_ON_THE_LOOP
from support.connection_server import serving
from support.keep_alive import KeepAlive, request

PATH = "/v2/models/small/infer"
LARGE = b" " * (BYTES_ON_THE_LOOP + 1)


class _NeverAnswers:
    """A fast path that leaves every request to the others."""

    slow = False

    def answer(self, body: bytes, header_length: bytes | None, max_rows: int, headers: object) -> None:
        return None


class _Slow(_NeverAnswers):
    """What an ensemble is that a library scores: milliseconds, in a thread."""

    slow = True

    def answer(self, body: bytes, header_length: bytes | None, max_rows: int, headers: object) -> None:
        time.sleep(0.002)


async def _ask(in_flight: InFlightLimit, sent: list[bytes]) -> list[int]:
    def client(url: str) -> list[int]:
        with KeepAlive(url) as connection:
            answers = [connection.ask(it) for it in sent]
            assert connection.connections == 1
            for answer in answers:
                shed = answer.status == 503
                assert (answer.headers.get("retry-after"), bool(answer.error)) == (
                    ("1", True) if shed else (None, False)
                )
            return [answer.status for answer in answers]

    async with serving({PATH.encode(): cast(FastPath, _NeverAnswers())}, in_flight) as url:
        return await asyncio.to_thread(client, url)


@pytest.mark.parametrize(("places", "status"), [(0, 503), (1, 200)])
def test_large_requests_are_shed_when_too_many_are_in_flight(places: int, status: int) -> None:
    asked = [request(PATH, LARGE), request("/v2/health/live", method="GET"), request(PATH, LARGE)]
    assert asyncio.run(_ask(InFlightLimit(places), asked)) == [status, 200, status]


async def _statuses_at_once(requests: int, places: int) -> list[int]:
    """Of requests on a connection each, all there before the loop looks at the first one."""

    async def client(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(PATH, b"{}"))
        return reader, writer

    async with serving({PATH.encode(): cast(FastPath, _Slow())}, InFlightLimit(places)) as url:
        port = int(url.rpartition(":")[2])
        connections = await asyncio.gather(*(client(port) for _ in range(requests)))
        statuses = [int((await reader.readline()).split()[1]) for reader, _ in connections]
        for _, writer in connections:
            writer.close()
        return statuses


def test_a_moment_of_many_small_requests_for_a_slow_ensemble_is_waited_out() -> None:
    assert set(asyncio.run(_statuses_at_once(40, places=16))) == {200}


def test_a_slow_ensemble_whose_line_is_full_too_sheds() -> None:
    statuses = asyncio.run(_statuses_at_once(40, places=2))
    assert statuses.count(503) >= 40 - 2 - 2 * 8 - 10
    assert statuses.count(200) >= 2 + 2 * 8

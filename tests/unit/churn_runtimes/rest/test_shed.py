"""What is shed at the connection: answered before it is read, in the protocol's form, and the connection goes on."""

import asyncio
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

"""Bodies that are read together: small ones always, large ones while there is room, and room again afterwards."""

import asyncio
from collections.abc import Iterable

import pytest
from churn_runtimes.limits import Limits
from churn_runtimes.rest import bounded_bodies
from churn_runtimes.rest.bounded_bodies import BoundedBodies, Receive
from churn_runtimes.rest.head_checks import Refusal

SMALL = b"s" * bounded_bodies._SMALL_BYTES
LARGE = b"l" * (bounded_bodies._SMALL_BYTES + 1)


def _client(parts: Iterable[bytes]) -> Receive:
    left = list(parts)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return receive


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        pytest.param([SMALL], None, id="small"),
        pytest.param([LARGE, b"x"], 503, id="large and not whole"),
    ],
)
def test_all_large_bodies_together_are_bounded(
    parts: list[bytes], status: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_bodies, "_LARGE_BYTES", len(LARGE))
    shared = BoundedBodies(Limits())

    async def read() -> tuple[bytes | Refusal | None, bytes | Refusal | None]:
        async with shared.read(_client([LARGE])) as first:
            assert first == LARGE
            async with shared.read(_client(parts)) as second:
                pass
        async with shared.read(_client([LARGE, b""])) as third:
            return second, third

    found, afterwards = asyncio.run(read())
    assert (found.status if isinstance(found, Refusal) else None) == status
    assert status or found == b"".join(parts)
    assert afterwards == LARGE

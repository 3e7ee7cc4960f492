"""What is refused by its head alone, and the in-flight limit."""

from http import HTTPStatus

import pytest
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest.head_checks import refuse

LIMITS = Limits(body=100)
INFER = "/v2/models/telco/infer"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param(INFER, [(b"content-length", b"100")], None, id="a body at the limit"),
        pytest.param(INFER, [], None, id="a body of unknown length"),
        pytest.param(INFER, [(b"content-encoding", b"Identity")], None, id="an encoding that is none"),
        pytest.param("/v2/models/repository", [], None, id="a model called repository"),
        pytest.param(INFER, [(b"content-length", b"101")], HTTPStatus.REQUEST_ENTITY_TOO_LARGE, id="a body above it"),
        pytest.param(INFER, [(b"content-length", b"9" * 30)], HTTPStatus.REQUEST_ENTITY_TOO_LARGE, id="a huge body"),
        pytest.param(INFER, [(b"content-encoding", b"gzip")], HTTPStatus.UNSUPPORTED_MEDIA_TYPE, id="gzip"),
        pytest.param(INFER, [(b"content-length", b"1e3")], HTTPStatus.BAD_REQUEST, id="a length that is none"),
        pytest.param("/v2/repository/index", [], None, id="the list of models"),
        pytest.param("/v2/repository/models/small/load", [], HTTPStatus.NOT_FOUND, id="loading a model"),
        pytest.param("/v2/repository/models/telco/unload", [], HTTPStatus.NOT_FOUND, id="unloading a model"),
    ],
)
def test_heads(path: str, headers: list[tuple[bytes, bytes]], status: HTTPStatus | None) -> None:
    refusal = refuse(path, headers, LIMITS)
    assert (refusal.status if refusal else None) is status


def test_the_gate_is_full_at_its_limit_and_opens_again() -> None:
    in_flight = InFlightLimit(2)
    assert [in_flight.enter() for _ in range(3)] == [True, True, False]
    in_flight.leave()
    assert in_flight.enter()

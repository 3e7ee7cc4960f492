"""How often a fetch tries again, by a clock of the test; and what `--peers` may say."""

import pytest
from churn_models.errors import SpecError
from churn_runtimes.fetch import Patience
from churn_runtimes.peers import Peers


@pytest.mark.parametrize(
    ("seconds", "pauses"),
    [
        pytest.param(0, [], id="once"),
        pytest.param(10, [1, 2, 4], id="longer and longer"),
        pytest.param(60, [1, 2, 4, 8, 15, 15, 15], id="but not too long"),
    ],
)
def test_pauses(seconds: float, pauses: list[float]) -> None:
    slept: list[float] = []
    rounds = list(Patience(seconds, clock=lambda: sum(slept), sleep=slept.append).rounds())
    assert (slept, len(rounds)) == (pauses, len(pauses) + 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("telco-peers:8082", Peers("telco-peers", 8082)), ("[::1]:8082", Peers("::1", 8082))],
)
def test_peers(text: str, expected: Peers) -> None:
    assert Peers.parse(text) == expected


@pytest.mark.parametrize("text", ["telco-peers", ":8082", "telco-peers:metrics"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="HOST:PORT"):
        Peers.parse(text)


def test_a_name_that_nobody_has_is_no_peer() -> None:
    assert Peers("nobody.invalid", 8082).addresses() == []


def test_every_address_is_asked_once() -> None:
    assert Peers("127.0.0.1", 8082).addresses() == ["127.0.0.1"]

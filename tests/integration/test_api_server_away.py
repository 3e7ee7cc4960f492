"""An API server whose port is closed, or that resets or hangs, ends no operator; afterwards all goes on by itself."""

import signal
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.outage import Outage

_AFTERWARDS_SECONDS = 30
_AT_ONCE_SECONDS = 5


class Case(NamedTuple):
    """A leader, its standby and a ChurnModel that serves."""

    rig: Rig
    leader: RunningOperator
    standby: RunningOperator
    model: ChurnModelHandle


@pytest.fixture(scope="module")
def case(rig: Rig) -> Iterator[Case]:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as leader, rig.standby(leader) as standby:
        model = rig.create(namespace, name)
        model.wait_ready()
        yield Case(rig, leader, standby, model)


@pytest.fixture(scope="module")
def exits() -> Iterator[list[str]]:
    """Who ended; their number is recorded."""
    ended: list[str] = []
    yield ended
    assert record("connection_refused_exits", len(ended), "exits", "<= 0").holds, ended


@pytest.mark.parametrize(("outage", "seconds"), [(Outage.REFUSED, 30), (Outage.RESET, 15), (Outage.HANGS, 20)], ids=str)
def test_both_operators_live_through_it(case: Case, exits: list[str], outage: Outage, seconds: float) -> None:
    replicas = case.model.deployment()["spec"]["replicas"] % 4 + 1
    before = (case.leader.process.pid, case.standby.process.pid)
    for operator in (case.leader, case.standby):
        operator.proxy.go_away(outage, seconds)
    eventually(lambda: _says_why(case.leader) and _says_why(case.standby), seconds)
    # Its kubelet sees a live process all the time, and the edit waits.
    case.model.change(serving={"replicas": replicas})
    eventually(lambda: not (case.leader.proxy.away or case.standby.proxy.away), seconds + 5)
    exits += [outage for operator in (case.leader, case.standby) if not operator.process.running()]
    eventually(lambda: case.model.deployment()["spec"]["replicas"] == replicas, _AFTERWARDS_SECONDS)
    eventually(lambda: case.leader.process.healthy() and case.standby.process.standing_by(), _AFTERWARDS_SECONDS)
    assert (case.leader.process.pid, case.standby.process.pid) == before


def test_the_standby_takes_over_afterwards(case: Case) -> None:
    assert case.leader.process.stop() == 0
    eventually(case.standby.process.healthy, _AFTERWARDS_SECONDS)
    case.model.change(serving={"replicas": 5})
    eventually(lambda: case.model.deployment()["spec"]["replicas"] == 5, _AFTERWARDS_SECONDS)


def test_a_standby_obeys_sigterm_at_once(rig: Rig, case: Case) -> None:
    with rig.standby(case.standby) as another:
        another.process.signal(signal.SIGTERM)
        assert another.process.wait(_AT_ONCE_SECONDS) == 0


def _says_why(operator: RunningOperator) -> bool:
    ready = operator.process.readiness()
    return ready is not None and ready[0] == 503 and "does not answer" in ready[1]

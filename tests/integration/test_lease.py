"""Of two operators one acts: the other takes over when it ends, is killed or is stopped, and they never both write."""

import os
import signal

from support.eventually import eventually, seconds_until
from support.figures import record
from support.integration_rig import Rig, RunningOperator

_EXIT_LEASE_LOST = 75
_TAKEOVER_SECONDS = 20
_SETTLE_SECONDS = 30


def test_the_second_takes_over_at_once_when_the_first_is_told_to_end(rig: Rig) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as first, rig.standby(first) as second:
        model = rig.create(namespace, name)
        model.wait_ready()
        assert second.proxy.writes == []
        assert first.process.stop() == 0
        # Less than the 15 seconds after which a Lease that nobody gave back runs out.
        seconds = seconds_until(lambda: _leads(rig, second), _TAKEOVER_SECONDS)
        assert record("lease_given_back_takeover_s", seconds, "s", "<= 8").holds
        model.change(serving={"replicas": 3})
        eventually(lambda: model.deployment()["spec"]["replicas"] == 3, _SETTLE_SECONDS)


def test_one_that_was_stopped_and_goes_on_writes_nothing(rig: Rig) -> None:
    namespace, name = rig.namespace(), rig.name()
    rig.champion(name)
    with rig.operator([namespace]) as first, rig.standby(first) as second:
        model = rig.create(namespace, name)
        model.wait_ready()
        written = _stop(first)
        taken_over = seconds_until(lambda: _leads(rig, second), _TAKEOVER_SECONDS)
        eventually(second.process.healthy, _SETTLE_SECONDS)
        # Both see this edit; the first one finds it in its open watch.
        model.change(serving={"replicas": 3})
        os.kill(first.process.pid, signal.SIGCONT)
        assert first.process.wait(_SETTLE_SECONDS) == _EXIT_LEASE_LOST
        eventually(lambda: model.deployment()["spec"]["replicas"] == 3, _SETTLE_SECONDS)
        overlap = len(first.proxy.writes) - written
    assert record("stopped_operator_takeover_s", taken_over, "s", f"<= {_TAKEOVER_SECONDS}").holds
    assert record("stopped_operator_writes", overlap, "writes", "<= 0").holds


def _leads(rig: Rig, operator: RunningOperator) -> bool:
    return rig.lease_holder(operator.system) == operator.process.pod_name


def _stop(operator: RunningOperator) -> int:
    """SIGSTOP between two writes. Gives how many it has sent."""
    eventually(lambda: operator.proxy.quiet_for(1.0), _SETTLE_SECONDS)
    os.kill(operator.process.pid, signal.SIGSTOP)
    return len(operator.proxy.writes)

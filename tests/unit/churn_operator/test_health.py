"""What /healthz and /readyz say, and that the API server's mood ends no process."""

from dataclasses import replace

import pytest
from churn_operator.health import Answer, Vitals, liveness, readiness

LEADER = Vitals(acting=True, loops=None, watches=True, lease=None)
STANDBY = replace(LEADER, acting=False, watches=False)
AWAY = "the API server does not answer for the Lease: refused"
FORBIDDEN = "the Lease churnserve-system/churn-operator cannot be created: 403 Forbidden"
HANGS = "the loop 'worker 1' hangs"


@pytest.mark.parametrize(
    ("vitals", "live", "ready"),
    [
        pytest.param(LEADER, (200, "ok"), (200, "leader"), id="acts"),
        pytest.param(STANDBY, (200, "standby"), (200, "standby"), id="stands by"),
        pytest.param(replace(LEADER, watches=False), (200, "starting"), (200, "leader"), id="opens its watches"),
        pytest.param(replace(LEADER, lease=AWAY), (200, "ok"), (503, AWAY), id="acts, no API server"),
        pytest.param(replace(STANDBY, lease=AWAY), (200, "standby"), (503, AWAY), id="stands by, no API server"),
        pytest.param(
            replace(STANDBY, lease=FORBIDDEN), (200, "standby"), (503, FORBIDDEN), id="may not take the Lease"
        ),
        pytest.param(replace(LEADER, loops=HANGS), (503, HANGS), (503, HANGS), id="a loop hangs"),
    ],
)
def test_liveness_and_readiness(vitals: Vitals, live: Answer, ready: Answer) -> None:
    assert (liveness(vitals), readiness(vitals)) == (live, ready)

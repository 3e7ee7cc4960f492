"""MLflow is away for ten minutes, from the moment that each state begins: nothing is rolled back or rejected for it."""

from collections.abc import Iterator
from typing import Any

import pytest
from churn_operator.api.status import State
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import (
    AUTO,
    CANARY,
    DIRECT,
    GOOD,
    SHADOW,
    ask_for,
    deeds,
    settled,
    stable_version,
    suggest,
)
from support.simulated_versions import Makes, Version

_TEN_MINUTES = 600
_SHORT = {"steps": [{"weight": 10, "hold": "30s"}, {"weight": 50, "hold": "30s"}], "probation": "2m"}
_GOOD = Version("2", comparison=GOOD)
_UPSIDE_DOWN = Version("2", makes=Makes.INVERTED)


def _begin(spec: dict[str, Any], version: Version, by_training: bool = False) -> SimulatedCluster:
    cluster = settled(spec | {"rollout": spec["rollout"] | _SHORT}, [version])
    (suggest if by_training else ask_for)(cluster, version.number)
    return cluster


ROLLOUTS = {
    "canary": (CANARY, _GOOD, False),
    "canary of a challenger": (CANARY | AUTO, _GOOD, True),
    "shadow": (SHADOW, _GOOD, False),
    "rolling update": (DIRECT, _GOOD, False),
    "probation of a version that is upside down": (DIRECT, _UPSIDE_DOWN, False),
}
_STATES = {
    *(State.VERIFYING, State.SHADOWING, State.CANARY, State.PROMOTING, State.PROBATION),
    *(State.ROLLING_BACK, State.ROLLING_OUT),
}


@pytest.mark.parametrize("name", ROLLOUTS)
def test_it_ends_as_if_mlflow_had_been_there(name: str) -> None:
    clean = _begin(*ROLLOUTS[name])
    changes = list(_changes(clean))
    for number, _ in enumerate(changes):
        cluster = _begin(*ROLLOUTS[name])
        for at, _ in enumerate(_changes(cluster)):
            if at == number:
                cluster.registry.is_away = True
                cluster.run(_TEN_MINUTES)
                cluster.registry.is_away = False
        assert sorted(deeds(cluster)) == sorted(deeds(clean)), changes[number]
        assert stable_version(cluster) == stable_version(clean)
        assert cluster.registry.aliases == clean.registry.aliases


def test_silence_is_no_yes_to_a_challenger_that_waits_for_one() -> None:
    cluster = _begin(CANARY, _GOOD, by_training=True)
    cluster.run(120)
    cluster.registry.is_away = True
    cluster.run(_TEN_MINUTES)
    assert (cluster.status.state, stable_version(cluster)) == (State.CANARY, "1")
    cluster.registry.is_away = False
    cluster.edit(rollout=cluster.spec["rollout"] | {"approve": "2"})
    cluster.run(_TEN_MINUTES)
    assert stable_version(cluster) == "2"


def test_each_state_was_among_them() -> None:
    seen = {state for case in ROLLOUTS.values() for state in _changes(_begin(*case))}
    assert seen >= _STATES


def _changes(cluster: SimulatedCluster) -> Iterator[State]:
    """The states that it comes to; the rollout goes on between two of them."""
    last = None
    until = cluster.now + 700 + _TEN_MINUTES
    while cluster.now < until:
        cluster.run(4, tick=4)
        assert cluster.verdict is not None
        if cluster.verdict.state is not last:
            last = cluster.verdict.state
            yield last

"""Operators that end beside any record, in every state: whoever leads next comes to the same end, repeating nothing."""

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

from churn_operator.api.status import State
from support.figures import record
from support.simulated_chain import Dies
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import AUTO, CANARY, DIRECT, GOOD, SHADOW, ask_for, deeds, settled, suggest
from support.simulated_versions import Makes, Starts, Version


class Scenario(NamedTuple):
    """A rollout from its wish to its end."""

    begin: Callable[[], SimulatedCluster]
    seconds: float


def _asked(spec: dict[str, Any], version: Version) -> Callable[[], SimulatedCluster]:
    def begin() -> SimulatedCluster:
        cluster = settled(spec, [version])
        ask_for(cluster, version.number)
        return cluster

    return begin


def _suggested(spec: dict[str, Any], version: Version) -> Callable[[], SimulatedCluster]:
    def begin() -> SimulatedCluster:
        cluster = settled(spec, [version])
        suggest(cluster, version.number)
        return cluster

    return begin


_SHORT = {"steps": [{"weight": 10, "hold": "30s"}, {"weight": 50, "hold": "30s"}], "probation": "1m"}
_CANARY = {"rollout": CANARY["rollout"] | _SHORT}
_SHADOW = {"rollout": SHADOW["rollout"] | _SHORT}
_DIRECT = {"rollout": DIRECT["rollout"] | _SHORT}
_GOOD = Version("2", comparison=GOOD)

SCENARIOS = {
    "canary": Scenario(_asked(_CANARY, _GOOD), 420),
    "canary of a challenger": Scenario(_suggested(_CANARY | AUTO, _GOOD), 480),
    "canary of a version that is upside down": Scenario(_asked(_CANARY, Version("2", makes=Makes.INVERTED)), 240),
    "shadow": Scenario(_asked(_SHADOW, _GOOD), 420),
    "rolling update": Scenario(_asked(_DIRECT, _GOOD), 300),
    "rolling update of a bad bundle": Scenario(_asked(_DIRECT, Version("2", Starts.BAD_BUNDLE)), 200),
    "rolling update of what fails requests": Scenario(_asked(_DIRECT, Version("2", failure_share=0.5)), 200),
    "probation of a version that is upside down": Scenario(_asked(_DIRECT, Version("2", makes=Makes.INVERTED)), 300),
}


_STATES = {State.VERIFYING, State.SHADOWING, State.CANARY, State.PROMOTING, State.PROBATION, State.ROLLING_BACK}


def test_whoever_leads_next_comes_to_the_same_end_and_repeats_nothing() -> None:
    runs, wrong, states = 0, [], set[str]()
    for name, scenario in SCENARIOS.items():
        clean, recording = _run(scenario, {})
        for number, dies in product(range(1, recording + 1), Dies):
            found, cluster = _killed(scenario, number, dies)
            runs += 1
            states |= {state for state, _ in cluster.died}
            if found != clean:
                wrong.append(f"{name}, record {number}, {dies.value}: {found}, not {clean}")
    assert states >= _STATES
    assert record("kill_runs", runs, "operators that ended beside a record", ">= 30").holds
    assert record("kill_divergences", len(wrong), f"of {runs} kills", "<= 0").holds, "\n".join(wrong)


def _run(scenario: Scenario, deaths: dict[int, Dies]) -> tuple[dict[str, Any], int]:
    cluster = scenario.begin()
    before = cluster.recording
    cluster.deaths = {before + number: dies for number, dies in deaths.items()}
    cluster.run(scenario.seconds, tick=4)
    return _end(cluster), cluster.recording - before


def _killed(scenario: Scenario, number: int, dies: Dies) -> tuple[dict[str, Any], SimulatedCluster]:
    cluster = scenario.begin()
    cluster.deaths = {cluster.recording + number: dies}
    cluster.run(scenario.seconds, tick=4)
    assert cluster.died, "it was killed"
    return _end(cluster), cluster


def _end(cluster: SimulatedCluster) -> dict[str, Any]:
    """What has come of it, without times."""
    status, deployment = cluster.status, cluster.deployment
    assert deployment is not None
    return {
        "deeds": deeds(cluster),
        "state": status.state,
        "stable": status.stable and status.stable.version,
        "rejected": status.rejected and status.rejected.version,
        "running": {pod.revision for pod in deployment.pods},
        "verifier": cluster.verifier is not None,
        "fates": {record.bundle.version: record.fate for record in cluster.records.values()},
        "aliases": cluster.registry.aliases,
        "open": list(cluster.memory.begun),
    }

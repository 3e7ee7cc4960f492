"""Operators that end beside any record, in every state: whoever leads next comes to the same end, repeating nothing."""

from collections.abc import Callable
from typing import Any, NamedTuple

from support.figures import record
from support.simulated_cluster import Dies, SimulatedCluster
from support.simulated_rollouts import DIRECT, ask_for, deeds, settled
from support.simulated_versions import Starts, Version


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


SCENARIOS = {
    "by a rolling update": Scenario(_asked(DIRECT, Version("2")), 20 * 60),
    "by a rolling update, with a bad bundle": Scenario(_asked(DIRECT, Version("2", Starts.BAD_BUNDLE)), 5 * 60),
}


def test_whoever_leads_next_comes_to_the_same_end_and_repeats_nothing() -> None:
    runs, wrong, states = 0, [], set[str]()
    for name, scenario in SCENARIOS.items():
        clean, recording = _run(scenario, {})
        for number in range(1, recording + 1):
            for dies in Dies:
                found, cluster = _killed(scenario, number, dies)
                runs += 1
                states |= {state for state, _ in cluster.died}
                if found != clean:
                    wrong.append(f"{name}, record {number}, {dies.value}: {found}, not {clean}")
    assert record("kill_runs", runs, "operators that ended beside a record", ">= 12").holds
    assert record("kill_divergences", len(wrong), f"of {runs} kills", "<= 0").holds, "\n".join(wrong)


def _run(scenario: Scenario, deaths: dict[int, Dies]) -> tuple[dict[str, Any], int]:
    cluster = scenario.begin()
    before = cluster.recording
    cluster.deaths = {before + number: dies for number, dies in deaths.items()}
    cluster.run(scenario.seconds)
    return _end(cluster), cluster.recording - before


def _killed(scenario: Scenario, number: int, dies: Dies) -> tuple[dict[str, Any], SimulatedCluster]:
    cluster = scenario.begin()
    cluster.deaths = {cluster.recording + number: dies}
    cluster.run(scenario.seconds)
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

"""Rollouts in the simulated cluster that several tests begin with."""

from collections.abc import Iterable
from typing import Any

from churn_models.names import CHALLENGER, CHAMPION
from churn_operator.audit.entry import Deed, Kind
from churn_operator.observe.expected import Expected
from support.simulated_cluster import SimulatedCluster
from support.simulated_registry import SimulatedRegistry
from support.simulated_versions import Version

CANARY: dict[str, Any] = {"rollout": {"strategy": "Canary", "probation": "5m"}}
SHADOW: dict[str, Any] = {"rollout": {"strategy": "Shadow", "probation": "5m"}}
DIRECT: dict[str, Any] = {"rollout": {"strategy": "Direct", "probation": "5m"}}
AUTO: dict[str, Any] = {"loop": {"promote": "Auto"}}

GOOD = Expected(Version("1").digest, score_psi=0.01, rank_correlation=0.98, passed=True)
"""What training found of a version that is as good as version 1."""


def settled(spec: dict[str, Any], versions: Iterable[Version], **changes: Any) -> SimulatedCluster:
    """Version 1 serves; the others are registered, and nobody has asked for them."""
    known = {version.number: version for version in (Version("1"), *versions)}
    cluster = SimulatedCluster(SimulatedRegistry(known, {CHAMPION: "1"}), spec, **changes)
    cluster.run(60 + 20 * cluster.replicas, tick=10)
    assert cluster.status.stable is not None
    return cluster


def ask_for(cluster: SimulatedCluster, number: str) -> None:
    """A person moves champion."""
    cluster.registry.point(CHAMPION, number)


def suggest(cluster: SimulatedCluster, number: str) -> None:
    """A training moves challenger."""
    cluster.registry.point(CHALLENGER, number)


def deeds(cluster: SimulatedCluster, kind: Kind = Kind.DECISION) -> list[tuple[Deed, str]]:
    """What was decided, and for which version."""
    return [(Deed(one.entry.action), one.entry.version) for one in cluster.chain if one.entry.kind == kind]


def stable_version(cluster: SimulatedCluster) -> str | None:
    """Which one serves, by the status."""
    return cluster.status.stable.version if cluster.status.stable else None

"""What pods saw of two versions that scored the same requests, added up: what the gates judge a step by.

The rules make it from the pods' `/state`. In a canary the pods' own model is the control and the table that they try
is judged; in probation it is the other way round (`exchanged`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from churn_models.paired_scores import PairedScores, sum_of
from churn_models.traffic import State, VersionCounts


@dataclass(frozen=True)
class Scored:
    """How one version scored, of the requests that both scored."""

    digest: str
    version: str = ""
    requests: int = 0
    faults: int = 0
    """Requests whose scores no user could have been given."""
    seconds: float = 0.0
    """That scoring alone took, of all requests."""
    buckets: tuple[int, ...] = ()
    """The same by LATENCY_BOUNDS."""

    def __str__(self) -> str:
        return f"version {self.version}" if self.version else self.digest[:19]


@dataclass(frozen=True)
class PairedEvidence:
    """Of all pods since their processes began. It only grows, unless processes end that nobody remembers."""

    judged: Scored
    control: Scored
    joint: PairedScores | None = None
    """Scores of the same rows, the control's as the stable ones; None while there are none."""
    open_breakers: int = 0
    """Pods that have stopped trying what is judged, for its faults."""
    most_of_a_pod: int = 0
    """Different rows of the process that has seen most of them."""

    @cached_property
    def pairs(self) -> int:
        """Rows that both gave a score, also those that came again and again."""
        return self.joint.rows if self.joint else 0

    @cached_property
    def different(self) -> int:
        """How many of them were different ones: what the figures of scores are made of.

        A process counts a row once, several processes may count the same. Where the share r of rows comes again within
        one, more come again among all; so what others than the largest have seen counts for (1 - r)^2 of it.
        """
        if self.joint is None or not self.pairs:
            return 0
        others = self.joint.different - self.most_of_a_pod
        return self.most_of_a_pod + int(others * (self.joint.different / self.pairs) ** 2)

    def exchanged(self) -> "PairedEvidence":
        """The same with the roles exchanged. Breakers watch what is tried, so they say nothing of the other one."""
        joint = self.joint and self.joint.model_copy(
            update={
                "stable": self.joint.other,
                "other": self.joint.stable,
                "cells": tuple((j, i, rows) for i, j, rows in self.joint.cells),
            }
        )
        return PairedEvidence(self.control, self.judged, joint, most_of_a_pod=self.most_of_a_pod)


def paired_evidence(states: Iterable[State], stable: str, other: str) -> PairedEvidence:
    """Of the processes that serve the digest `stable` and try `other`, which is judged; other states are left out.

    Each process must be there once. A process that tries several tables at a time counts its own model's requests
    together, so the control may have more of them.
    """
    ours = [state for state in states if state.digest == stable]
    pairs = _alike([pair for state in ours for pair in state.pairs if (pair.stable, pair.other) == (stable, other)])
    return PairedEvidence(
        judged=_scored(ours, other),
        control=_scored(ours, stable),
        joint=sum_of(pairs),
        most_of_a_pod=max((pair.different for pair in pairs), default=0),
        open_breakers=sum(_has_open_breaker(state, other) for state in ours),
    )


def _scored(states: list[State], digest: str) -> Scored:
    total = Scored(digest)
    for counts in (counts for state in states for counts in state.versions if counts.digest == digest):
        total = _plus(total, counts)
    return total


def _plus(total: Scored, counts: VersionCounts) -> Scored:
    width = max(len(total.buckets), len(counts.buckets))
    return replace(
        total,
        version=counts.version or total.version,
        requests=total.requests + counts.scored,
        faults=total.faults + counts.faults,
        seconds=total.seconds + counts.seconds,
        buckets=tuple(map(sum, zip(_padded(total.buckets, width), _padded(counts.buckets, width), strict=True))),
    )


def _padded(buckets: tuple[int, ...], width: int) -> tuple[int, ...]:
    return buckets + (0,) * (width - len(buckets))


def _alike(pairs: list[PairedScores]) -> list[PairedScores]:
    """On the edges that most rows are on: counts on different ones do not add up."""
    alike: dict[tuple[str, int], list[PairedScores]] = {}
    for pair in pairs:
        alike.setdefault((pair.edges_of, pair.bins), []).append(pair)
    return max(alike.values(), key=lambda ones: sum(one.rows for one in ones), default=[])


def _has_open_breaker(state: State, digest: str) -> bool:
    tried = state.in_force
    if tried is None or not tried.is_breaker_open:
        return False
    return any(table.sha256 == tried.candidate and table.digest == digest for table in state.held)

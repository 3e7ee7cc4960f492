"""Serving pods without a cluster: they start, hear the operator's word, score requests by two tables, and tell of it.

As far as it matters for decisions they do what `churn_runtimes.candidate` does: tables are fetched from pods that hold
them, weights expire after a minute of silence unless they are a rollback's, and each pod has its breaker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from churn_models.paired_scores import PairedScores, sum_of
from churn_models.score_shift import counts_between
from churn_models.traffic import (
    LATENCY_BOUNDS,
    SERVING_BOUNDS,
    SILENCE_SECONDS,
    HeldTable,
    InForce,
    OfferedTable,
    Serving,
    State,
    Traffic,
    VersionCounts,
)
from churn_operator.names import Track
from support.paired_pods import pairs_of
from support.simulated_versions import Starts, Version

START_SECONDS = 15.0
_BREAKER = 20


@dataclass
class Counted:
    """What one version did in a pod."""

    answered: int = 0
    scored: int = 0
    faults: int = 0


@dataclass
class SimulatedPod:
    """One pod; times are seconds of the cluster's clock."""

    name: str
    address: str
    revision: str
    track: Track
    runs: Version
    versions: Mapping[str, Version]
    """All that there are, by number."""
    created: float
    now: float = 0.0
    terminating: bool = False
    answers_state: bool = True
    """Whether it answers /state in time."""
    tables: dict[str, OfferedTable] = field(default_factory=dict)
    word: Traffic | None = None
    heard: float = 0.0
    ready_since: float | None = None
    failed_answers: int = 0
    good_answers: int = 0
    not_scores: int = 0
    breaker_faults: int = 0
    counted: dict[str, Counted] = field(default_factory=dict)
    """By digest."""
    paired: dict[str, PairedScores] = field(default_factory=dict)
    """By the sha256 of the other table."""

    @property
    def ready(self) -> bool:
        """Whether requests come to it."""
        return self.ready_since is not None

    @property
    def ends(self) -> int:
        """How often its container has ended."""
        age = self.now - self.created
        if self.runs.starts is Starts.BAD_BUNDLE:
            return int(age >= START_SECONDS)
        return int(age // START_SECONDS) if self.runs.starts is Starts.CRASHING else 0

    def turn(self, now: float) -> None:
        """Time goes on."""
        self.now = now
        if self.ready_since is None and self.runs.starts is Starts.READY and now - self.created >= START_SECONDS:
            self.ready_since = now
            self.tables = {self.runs.table: self._own}

    def hear(self, word: Traffic | None, sources: Mapping[str, "SimulatedPod"]) -> None:
        """What the operator says, None: it does not answer. `sources` are the pods by address."""
        if word is None or not self.ready:
            return
        if self.word is None or (word.generation, word.candidate) != (self.word.generation, self.word.candidate):
            self.breaker_faults = 0
        self.word, self.heard = word, self.now
        named = {table.sha256: table for table in word.tables}
        self.tables = {sha: table for sha, table in self.tables.items() if sha in named or sha == self.runs.table}
        self.paired = {sha: pairs for sha, pairs in self.paired.items() if sha in self.tables}
        for table in word.tables:
            if table.sha256 not in self.tables and any(_has(sources, url, table.sha256) for url in table.sources):
                self.tables[table.sha256] = table

    @property
    def trial(self) -> tuple[Version, Traffic] | None:
        """What is tried beside its own model now."""
        word = self.word
        if word is None or word.candidate not in self.tables or word.candidate == self.runs.table:
            return None
        silent = self.now - self.heard > SILENCE_SECONDS and not word.previous
        if silent or self.breaker_faults >= _BREAKER or not (word.weight or word.sample):
            return None
        other = next(one for one in self.versions.values() if one.table == word.candidate)
        return other, word

    def serve(self, requests: int, rng: np.random.Generator) -> dict[str, int]:
        """Answer so many requests of a row; gives how many were answered by each digest."""
        failures = int(rng.binomial(requests, self.runs.failure_share))
        self.failed_answers += failures
        self.good_answers += requests - failures
        self.not_scores += int(rng.binomial(requests - failures, self.runs.fault_share))
        answered = {self.runs.digest: requests - failures}
        if trial := self.trial:
            by_other = self._try(*trial, requests - failures, rng)
            answered = {self.runs.digest: requests - failures - by_other, trial[0].digest: by_other}
        for digest, count in answered.items():
            self._of(digest).answered += count
        return answered

    def _try(self, other: Version, word: Traffic, requests: int, rng: np.random.Generator) -> int:
        share = max(word.weight, word.sample) / 100
        both = int(rng.binomial(requests, share))
        customers = rng.uniform(size=both)
        mine, yours = self.runs.score(customers, rng), other.score(customers, rng)
        bad, own_bad = rng.uniform(size=both) < other.fault_share, rng.uniform(size=both) < self.runs.fault_share
        faults = int(bad.sum())
        for version, found in ((self.runs, int(own_bad.sum())), (other, faults)):
            counted = self._of(version.digest)
            counted.scored += both
            counted.faults += found
        if faults >= max(both / 10, 1):
            self.breaker_faults += faults
        good = ~(bad | own_bad)
        self._pair(other, word, mine[good], yours[good])
        return int(rng.binomial(both - faults, word.weight / 100 / share))

    def _pair(self, other: Version, word: Traffic, mine: np.ndarray, yours: np.ndarray) -> None:  # type: ignore[type-arg]
        edges_of = other.digest if word.previous else self.runs.digest
        told = {"stable": self.runs.digest, "other": other.digest, "edges_of": edges_of}
        found = pairs_of(mine, yours).model_copy(update=told)
        before = self.paired.get(other.table)
        added = sum_of([before, found]) if before and before.edges_of == edges_of else found
        assert added is not None, "there is one"
        self.paired[other.table] = added

    def state(self) -> State | None:
        """What it tells at /state."""
        if not self.ready or not self.answers_state:
            return None
        return State(
            instance=self.name,
            model="telco",
            digest=self.runs.digest,
            version=self.runs.number,
            held=tuple(HeldTable(sha256=one.sha256, digest=one.digest, version=one.version) for one in self._held()),
            in_force=self._in_force(),
            versions=tuple(self._counts(one) for one in self.versions.values() if one.digest in self.counted),
            pairs=tuple(self.paired.values()),
            serving=self._serving(),
        )

    def _held(self) -> list[OfferedTable]:
        return sorted(self.tables.values(), key=lambda table: table.sha256 != self.runs.table)

    def _in_force(self) -> InForce | None:
        word = self.word
        if word is None or word.candidate not in self.tables or word.candidate == self.runs.table:
            return None
        is_tried = self.trial is not None
        return InForce(
            generation=word.generation,
            candidate=word.candidate,
            weight=word.weight if is_tried else 0,
            sample=word.sample if is_tried else 0,
            previous=word.previous,
            silent_seconds=self.now - self.heard,
            is_breaker_open=self.breaker_faults >= _BREAKER,
        )

    def _counts(self, version: Version) -> VersionCounts:
        counted, seconds = self.counted[version.digest], version.microseconds / 1e6
        return VersionCounts(
            version=version.number,
            digest=version.digest,
            requests=counted.answered,
            rows=counted.answered,
            scored=counted.scored,
            not_finite=counted.faults,
            seconds=counted.scored * seconds,
            buckets=_bucket(LATENCY_BOUNDS, seconds, counted.scored),
        )

    def _serving(self) -> Serving:
        seconds = self.runs.milliseconds / 1e3
        return Serving(
            answers=self.good_answers,
            failures=self.failed_answers,
            rows=self.good_answers,
            not_scores=self.not_scores,
            seconds=self.good_answers * seconds,
            buckets=_bucket(SERVING_BOUNDS, seconds, self.good_answers),
        )

    @property
    def _own(self) -> OfferedTable:
        return OfferedTable(sha256=self.runs.table, digest=self.runs.digest, version=self.runs.number)

    def _of(self, digest: str) -> Counted:
        return self.counted.setdefault(digest, Counted())


def _bucket(bounds: tuple[float, ...], seconds: float, count: int) -> tuple[int, ...]:
    return tuple(one * count for one in _one_in(bounds, seconds))


@cache
def _one_in(bounds: tuple[float, ...], seconds: float) -> tuple[int, ...]:
    return tuple(counts_between(bounds, np.array([seconds])).tolist())


def _has(sources: Mapping[str, SimulatedPod], url: str, sha256: str) -> bool:
    address = url.removeprefix("http://").split(":", 1)[0]
    pod = sources.get(address)
    return pod is not None and pod.ready and sha256 in pod.tables

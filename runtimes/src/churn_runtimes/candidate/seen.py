"""What a process says of candidates in its `State`: what it holds and tries, and how both versions have scored.

Servers (`offers`) and workers of the stream tell it.
"""

from typing import Any

from churn_models.traffic import HeldTable, InForce, VersionCounts

from churn_runtimes.answer_counts import answers_of
from churn_runtimes.candidate.follower import Follower
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.tally import Scoring
from churn_runtimes.candidate.trial import Trial


def seen_by(model: str, follower: Follower) -> dict[str, Any]:
    """Fields of `State`."""
    trial = follower.trial
    return {
        "held": tuple(_held(table) for table in follower.tables.values()),
        "not_held": follower.not_held,
        "in_force": None if trial is None else _in_force(trial),
        "versions": _versions(model, follower),
        "pairs": tuple(tally.pairs() for tally in follower.tallies.values()),
    }


def _held(table: PackedTable) -> HeldTable:
    return HeldTable(sha256=table.sha256, digest=table.digest, version=table.version)


def _in_force(trial: Trial) -> InForce:
    is_in_force = trial.is_in_force
    return InForce(
        generation=trial.traffic.generation,
        candidate=trial.candidate.sha256,
        weight=trial.traffic.weight if is_in_force else 0,
        sample=trial.traffic.sample if is_in_force else 0,
        previous=trial.traffic.previous,
        silent_seconds=trial.silent_seconds,
        is_breaker_open=trial.breaker.is_open,
    )


def _versions(model: str, follower: Follower) -> tuple[VersionCounts, ...]:
    scorings = [(tally.candidate, *tally.scorings()) for tally in follower.tallies.values()]
    own = follower.loaded.table
    found = [_counts(model, own, [stable for _, stable, _ in scorings])]
    for table in follower.tables.values():
        if table is not own:
            found.append(_counts(model, table, [other for candidate, _, other in scorings if candidate is table]))
    return tuple(found)


def _counts(model: str, table: PackedTable, scorings: list[Scoring]) -> VersionCounts:
    answers = answers_of(model, table.version)
    return VersionCounts(
        version=table.version,
        digest=table.digest,
        requests=answers.successes,
        rows=answers.rows,
        **Scoring.sum_of(scorings).counts(),
    )

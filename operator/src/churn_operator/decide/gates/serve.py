"""The serve gate: what new pods answered against what old ones did in the same minutes, whatever scored it.

The rules ask it where a revision cannot be tried in the stable pods: image, resources and pod options differ, or a
member is on its stock library. There users meet the new revision, so it is looked at after the first new pod.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from churn_models.traffic import SERVING_BOUNDS, Serving, State

from churn_operator.decide.gates.buckets import count_above, is_often_above
from churn_operator.decide.gates.faults import LEAST_FAULTS
from churn_operator.decide.gates.judgement import Gate, GateResult, GateVerdict, Judgement
from churn_operator.decide.gates.latency import TIMES_SLOWER, is_far_slower
from churn_operator.decide.gates.sequential import is_against

LEAST_ANSWERS = 50
_HANGS_SECONDS = 0.5
"""Longer than what a pod waits for its share of a busy core."""
_TIMES_MORE = 2
"""Failures: which pods a client reaches, and when, is not quite left to chance."""

Span = tuple[State | None, State]
"""What a process said when it was first heard since the rollout began, and last; None: it has begun since then."""


@dataclass(frozen=True)
class ServeEvidence:
    """Of the same minutes."""

    new: Serving
    old: Serving


def serve_evidence(new: Iterable[Span], old: Iterable[Span]) -> ServeEvidence:
    """Of the processes of both revisions; those older than this word count for nothing."""
    return ServeEvidence(_sum(new), _sum(old))


def judge_serving(evidence: ServeEvidence) -> Judgement:
    """PASS needs 50 answers of each; without traffic it is UNKNOWN, for the rules to go on after a while."""
    return Judgement((_failures(evidence), _not_scores(evidence), _answer_time(evidence)))


def _failures(evidence: ServeEvidence) -> GateResult:
    """FAIL: new pods had more of all failures than of all requests."""
    new, old = evidence.new, evidence.old
    message = (
        f"new pods failed {new.failures} of {new.requests} requests, old ones {old.failures} of {old.requests} in the "
        "same time"
    )
    figures: dict[str, float] = {
        "failures": new.failures,
        "requests": new.requests,
        "oldFailures": old.failures,
        "oldRequests": old.requests,
    }
    fails = _has_more((new.failures, new.requests), (old.failures, old.requests))
    return GateResult(Gate.FAILURES, _verdict(evidence, fails), message, figures)


def _not_scores(evidence: ServeEvidence) -> GateResult:
    """FAIL: new pods had more of all rows without a score than of all rows. Their clients were told of no error."""
    new, old = evidence.new, evidence.old
    message = (
        f"new pods gave {new.not_scores} of {new.rows} rows no score, old ones {old.not_scores} of {old.rows} in the "
        "same time"
    )
    figures: dict[str, float] = {
        "notScores": new.not_scores,
        "rows": new.rows,
        "oldNotScores": old.not_scores,
        "oldRows": old.rows,
    }
    fails = _has_more((new.not_scores, new.rows), (old.not_scores, old.rows))
    return GateResult(Gate.NOT_SCORES, _verdict(evidence, fails), message, figures)


def _has_more(new: tuple[int, int], old: tuple[int, int]) -> bool:
    """Of (faults, all) of both: whether the new ones have more than their share, by the test of `log_evidence`.

    If new pods are no worse, each fault is one of theirs with the chance of their share of all at most, whatever else
    goes wrong in that minute.
    """
    (mine, all_mine), (others, all_others) = new, old
    if mine < LEAST_FAULTS or mine * all_others <= _TIMES_MORE * others * all_mine:
        return False
    return is_against(all_mine / (all_mine + all_others), mine, others)


def _answer_time(evidence: ServeEvidence) -> GateResult:
    """FAIL: three times as long on average, for every third answer, or for one in ten that takes half a second.

    And three times as long a row: who sends many in one request may reach new pods alone.
    """
    new, old = evidence.new, evidence.old
    mine, others = _mean(new), _mean(old)
    hangs = count_above(new.buckets, SERVING_BOUNDS, _HANGS_SECONDS) * 10 >= new.answers
    is_often = hangs or is_often_above(new.buckets, old.buckets, SERVING_BOUNDS)
    is_slow = is_far_slower(mine, others) and _a_row(new) > TIMES_SLOWER * _a_row(old) and is_often
    message = f"new pods answer in {mine * 1e3:.1f} ms, old ones in {others * 1e3:.1f} ms"
    figures = {"seconds": mine, "oldSeconds": others}
    return GateResult(Gate.ANSWER_TIME, _verdict(evidence, is_slow and _is_enough(evidence)), message, figures)


def _verdict(evidence: ServeEvidence, fails: bool) -> GateVerdict:
    if fails:
        return GateVerdict.FAIL
    return GateVerdict.PASS if _is_enough(evidence) else GateVerdict.UNKNOWN


def _is_enough(evidence: ServeEvidence) -> bool:
    return min(evidence.new.answers, evidence.old.answers) >= LEAST_ANSWERS


def _mean(serving: Serving) -> float:
    return serving.seconds / serving.answers if serving.answers else 0.0


def _a_row(serving: Serving) -> float:
    """Seconds; of an answer where it has none."""
    rows = max(serving.rows, serving.answers)
    return serving.seconds / rows if rows else 0.0


def _sum(spans: Iterable[Span]) -> Serving:
    total = Serving()
    for first, last in spans:
        begin = (first.serving if first and first.instance == last.instance else None) or Serving()
        if last.serving is not None and not _has_shrunk(begin, last.serving):
            total = _add(total, _add(last.serving, begin, -1))
    return total


def _has_shrunk(first: Serving, last: Serving) -> bool:
    """A process that contradicts itself: its counts only grow."""
    buckets = zip_longest(first.buckets, last.buckets, fillvalue=0)
    fields = Serving.model_fields.keys() - {"buckets"}
    return any(then > now for then, now in buckets) or any(getattr(first, it) > getattr(last, it) for it in fields)


def _add(one: Serving, other: Serving, sign: int = 1) -> Serving:
    width = max(len(one.buckets), len(other.buckets))
    buckets = zip(*(it.buckets + (0,) * (width - len(it.buckets)) for it in (one, other)), strict=True)
    return Serving(
        answers=one.answers + sign * other.answers,
        failures=one.failures + sign * other.failures,
        refused=one.refused + sign * other.refused,
        rows=one.rows + sign * other.rows,
        not_scores=one.not_scores + sign * other.not_scores,
        seconds=one.seconds + sign * other.seconds,
        buckets=tuple(mine + sign * yours for mine, yours in buckets),
    )

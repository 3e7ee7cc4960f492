"""The figures that the issue asks of the loop, from what was replayed."""

from collections.abc import Sequence

from bench.loop.detectors import Detector
from bench.loop.faults import Answered
from bench.loop.ours import NAME
from bench.loop.results import Results, gap_closed, harmed, promoted
from support.figures import Figure, record

_ALARMS = f"{Detector.ALIBI}, promote all"


def record_figures(results: Results, answered: Sequence[Answered]) -> list[Figure]:
    """Record each with its bar; those that need alibi-detect or a quiet stream are left out where there is none."""
    ours = results[NAME].values()
    promotions = promoted(results, NAME)
    figures = [
        record("loop_gap_closed", gap_closed(results, NAME), "of the gap to hindsight", ">= 0.60"),
        record("loop_harmful", harmed(results, NAME) / max(1, promotions), "of promotions", "<= 0.02"),
        record("loop_wrong_rollbacks", sum(one.wrongly for one in ours), "rollbacks from a better model", "<= 0"),
    ]
    if _ALARMS in results:
        ratio = promotions / max(1, promoted(results, _ALARMS))
        figures.append(record("loop_promotion_ratio", ratio, "of alarm-driven promotions", "<= 0.25"))
    if answered:
        right = sum(one.is_right for one in answered) / len(answered)
        figures.append(record("loop_right_actions", right, "of injected faults", ">= 0.9"))
        retrains = sum(one.retrained for one in answered)
        figures.append(record("loop_fault_retrains", retrains, "trainings on broken feeds", "<= 0"))
    return figures

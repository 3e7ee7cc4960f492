"""The gate's second half: is the challenger good enough beside the champion? Says both side by side."""

import pandas as pd
from churn_models.comparison import Comparison, Difference
from churn_models.ensemble_spec import Gate

from churn_training.asked_by import AskedBy
from churn_training.compare import compare
from churn_training.errors import GateFailed, NotComparable
from churn_training.gate import missed_beside_champion
from churn_training.judged_rows import JudgedRows
from churn_training.metrics import Metric
from churn_training.progress import say
from churn_training.retraining import Retraining
from churn_training.schema_change import schema_changes


def face_champion(retraining: Retraining, judged: JudgedRows, rows: pd.DataFrame, gate: Gate) -> Comparison | None:
    """Compare, say it, and judge; `rows` are the validated ones that judge. None where nothing can be compared.

    Raises GateFailed for a challenger that is worse than the margin allows, for another schema that nobody named as
    a change, and where no comparison is possible and no change was named.
    """
    champion = retraining.champion
    if champion is None:
        return None
    changes = schema_changes(champion.bundle.schema(), judged.data.schema)
    if changes and retraining.schema_change is None:
        raise GateFailed(
            f"the schema is not that of the champion (version {champion.version}): {'; '.join(changes)}. "
            f'If that is meant, say why: --schema-change "…"'
        )
    try:
        comparison = compare(champion, judged, rows, retraining.schema_change)
    except NotComparable as error:
        reason = f"the champion (version {champion.version}) cannot be compared with: {error}"
        if retraining.schema_change is None:
            raise GateFailed(f'{reason}. If that is meant, say why: --schema-change "…"') from error
        say(f"{reason}; it was named as a change: {retraining.schema_change}")
        return None
    for line in side_by_side(comparison):
        say(line)
    margin = retraining.margin(gate.margin)
    if failures := missed_beside_champion(comparison, margin):
        asked = "" if retraining.asked_by is AskedBy.PERSON else f" (asked by {retraining.asked_by}: it must be better)"
        raise GateFailed(f"the champion stays{asked}:\n  - " + "\n  - ".join(failures), comparison)
    return comparison


def side_by_side(comparison: Comparison) -> list[str]:
    """Both models' figures as lines of text."""
    left_out = f", {comparison.rows_left_out} left out that the champion may know" if comparison.rows_left_out else ""
    lines = [
        f"on the same {comparison.rows} rows{left_out}:",
        f"  {'':<20} {'champion':>10} {'challenger':>10}   (version {comparison.champion.version} is the champion)",
    ]
    for metric in Metric:
        values = (comparison.champion_metrics[metric], comparison.challenger_metrics[metric])
        lines.append(f"  {metric:<20} {values[0]:>10.4f} {values[1]:>10.4f}" + _difference(metric, comparison))
    shift = f"score PSI {comparison.score_psi:.3f}, rank correlation {comparison.rank_correlation:.3f}"
    return [*lines, f"  {shift}"]


def _difference(metric: Metric, comparison: Comparison) -> str:
    found: dict[Metric, Difference] = {Metric.AUC: comparison.auc, Metric.BRIER: comparison.brier}
    if metric not in found:
        return ""
    return f"   {found[metric].value:+.4f} ({found[metric].low:+.4f} to {found[metric].high:+.4f}, 95 % interval)"

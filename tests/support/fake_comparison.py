"""A comparison.json without a training behind it."""

from churn_models.comparison import ComparedChampion, Comparison, Difference


def comparison(champion: str, auc: float = 0.01, width: float = 0.02, change: str | None = None) -> Comparison:
    """With the champion of that version (a digit, of which its digest is made), and this difference of the AUC."""
    return Comparison(
        champion=ComparedChampion(version=champion, digest="sha256:" + champion * 64),
        rows=1000,
        rows_left_out=0,
        champion_metrics={"auc": 0.8},
        challenger_metrics={"auc": 0.8 + auc},
        auc=Difference(value=auc, low=auc - width, high=auc + width),
        brier=Difference(value=0.0, low=-0.01, high=0.01),
        score_psi=0.05,
        rank_correlation=0.97,
        change=change,
    )

"""What the decision at the threshold gets right and wrong."""

import numpy as np

from churn_training.intervals import wilson
from churn_training.report.facts import Facts
from churn_training.report.page import Section, Table
from churn_training.report.words import count, percent, percents


def confusion_section(facts: Facts) -> Section:
    """Decisions against what happened."""
    churned, said = facts.holdout.target == 1, facts.holdout.score >= facts.origin.threshold
    right, alarm = int(np.sum(churned & said)), int(np.sum(~churned & said))
    missed, quiet = int(np.sum(churned & ~said)), int(np.sum(~churned & ~said))
    lead = (
        f"From a score of {facts.origin.threshold:.4f} on the decision is churn: that is said of "
        f"{count(right + alarm)} of {count(len(churned))} customers, and {count(right)} of them did."
    )
    matrix = Table(
        "Decisions and what happened, in customers",
        ("what happened", "decided as churn", "decided as staying"),
        (("churned", count(right), count(missed)), ("stayed", count(alarm), count(quiet))),
    )
    shares = {
        "precision: those decided as churn who did": (right, right + alarm),
        "recall: those who churned who were found": (right, right + missed),
        "specificity: those who stayed who were left alone": (quiet, quiet + alarm),
    }
    rows = tuple((name, *_share(found, of)) for name, (found, of) in shares.items())
    figures = Table("Shares at the threshold", ("figure", "value", "95 % interval"), rows)
    return Section("confusion", "Decisions at the threshold", lead, (matrix, figures))


def _share(found: int, of: int) -> tuple[str, str]:
    return (percent(found / of), percents(wilson(found, of))) if of else ("nobody", "none")

"""The page from the facts: called by `train` beside the plots, and by the command `report`."""

from pathlib import Path

from churn_training.report.calibration import calibration_section
from churn_training.report.champion import champion_section
from churn_training.report.confusion import confusion_section
from churn_training.report.data_profile import data_section, quality_section
from churn_training.report.facts import Facts
from churn_training.report.importance import importance_section
from churn_training.report.members import members_section
from churn_training.report.page import Page
from churn_training.report.performance import performance_section
from churn_training.report.profit import profit_section
from churn_training.report.render import render
from churn_training.report.slices import slices_section
from churn_training.report.training import training_section
from churn_training.report.verdict import verdict
from churn_training.report.words import count

REPORT = "report.html"
"""Beside the bundle, in the folder of one training."""
REFUSED = "refused.html"
"""The same of an ensemble that the gate refused; another name, so that a bundle's report stays beside it."""

_SECTIONS = (
    data_section,
    quality_section,
    performance_section,
    champion_section,
    profit_section,
    calibration_section,
    confusion_section,
    slices_section,
    members_section,
    importance_section,
    training_section,
)


def write_report(facts: Facts, path: Path) -> None:
    """One HTML file that needs no other; the same facts give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page_of(facts), encoding="utf-8")


def page_of(facts: Facts) -> str:
    """The page as text."""
    dataset = facts.origin.dataset
    page = Page(
        title=f"Training of {facts.origin.model}",
        subtitle=f"{count(dataset.rows)} rows of {dataset.name}, {facts.origin.digest or facts.origin.training_id}",
        verdict=verdict(facts),
        sections=tuple(section(facts) for section in _SECTIONS),
    )
    return render(page)

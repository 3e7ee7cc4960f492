"""The report of a search as one HTML file; `search_ensemble` writes it beside search.json."""

from pathlib import Path

from churn_training.report.page import Page, Verdict
from churn_training.report.render import render
from churn_training.report.words import count, interval
from churn_training.search.page.choice import choice_section
from churn_training.search.page.facts import SearchFacts
from churn_training.search.page.features import features_section
from churn_training.search.page.trials import settings_section, trials_section
from churn_training.search.page.winner import learning_section, winner_section

PAGE = "search.html"

_SECTIONS = (choice_section, winner_section, learning_section, trials_section, settings_section)


def write_search_page(facts: SearchFacts, folder: Path) -> Path:
    """The same facts give the same bytes."""
    path = folder / PAGE
    path.write_text(search_page(facts), encoding="utf-8")
    return path


def search_page(facts: SearchFacts) -> str:
    """The page as text."""
    rows = facts.rows
    why = facts.choice.why[0].upper() + facts.choice.why[1:]
    unproved = "" if facts.choice.folds.proves else ", or less, as nothing is proved"
    expected = interval(facts.expected, 3) + unproved
    promise = f"On the {count(rows.judging)} customers that judge, expect an AUC from {expected}."
    proving = f"{count(rows.proving)} to prove" if facts.choice.folds.proves else "none to prove"
    features = [features_section(facts.features)] if facts.features else []
    return render(
        Page(
            title=f"Search of {facts.winner.name}",
            subtitle=f"{count(rows.searched)} customers to search on, {proving}, {facts.study}",
            verdict=Verdict(True, f"{why}. {promise}"),
            sections=(*(section(facts) for section in _SECTIONS), *features),
        )
    )

"""The report of a search: every section, names of users as text, the same bytes for the same facts."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from churn_models.ensemble_spec import load_ensemble
from churn_training.report.page import Notes
from churn_training.search.features.choose_features import ChosenFeatures, KeptFeature
from churn_training.search.learning_curve import LearningPoint
from churn_training.search.page.facts import SearchFacts
from churn_training.search.page.trials import settings_section
from churn_training.search.page.winner import learning_section
from churn_training.search.page.write_page import search_page
from support.search_facts import search_facts

SECTIONS = {
    "choice": ["Candidates on customers that no trial has seen"],
    "winner": ["Its members", "Rank correlation of the members' scores (1: they order customers alike)"],
    "learning": ["The winner by rows to fit on"],
    "trials": ["The best trials"],
    "settings": ["Importance of settings"],
}

KEPT = KeptFeature("paid_per_month", "paid divided by <months>", 0.0005, rises=True, before=0.83, after=0.85)


@pytest.fixture(scope="module")
def facts() -> SearchFacts:
    return search_facts()


def test_every_section_and_table_is_there_twice_the_same(facts: SearchFacts) -> None:
    page = search_page(facts)
    assert page == search_page(facts)
    sections = dict(re.findall(r'<section id="([a-z-]+)".*?>(.*?)</section>', page, re.DOTALL))
    found = {name: re.findall("<caption>(.*?)</caption>", text) for name, text in sections.items()}
    assert found == {name: [each.replace("'", "&#39;") for each in captions] for name, captions in SECTIONS.items()}
    assert page.count("<svg") == 3
    assert facts.choice.why[1:] in page
    assert "expect an AUC from 0.800 to 0.860" in page


def test_the_leaderboard_says_of_everybody_what_became_of_it(facts: SearchFacts) -> None:
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', search_page(facts))
    verdicts = {name: re.findall("<td>(.*?)</td>", cells)[-1] for name, cells in rows[:3]}
    assert verdicts == {
        "trial 3": "as good, not cheaper",
        "linear alone": "won",
        "the ensemble as written": "proved worse",
    }


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        pytest.param((KEPT,), f"{KEPT.sentence}.", id="one"),
        pytest.param((), "None was kept.", id="none"),
    ],
)
def test_every_derived_feature_is_explained(facts: SearchFacts, kept: tuple[KeptFeature, ...], words: str) -> None:
    schema = load_ensemble(Path("models/telco"))[1]
    page = search_page(replace(facts, features=ChosenFeatures(schema, kept, proposed=74)))
    (section,) = re.findall('<section id="features".*?</section>', page, re.DOTALL)
    assert words in html.unescape(section)
    assert "74 features were proposed" in section
    assert 'id="features"' not in search_page(facts)


def test_names_of_users_are_text(facts: SearchFacts) -> None:
    evil = "<script>alert(1)</script>"
    page = search_page(replace(facts, study=evil, choice=replace(facts.choice, why=f"x{evil}")))
    assert "<script" not in page


@pytest.mark.parametrize(
    ("last", "words"),
    [pytest.param(0.84, "more customers would help", id="it rises"), pytest.param(0.821, "hardly help", id="flat")],
)
def test_whether_more_customers_would_help(facts: SearchFacts, last: float, words: str) -> None:
    points = (LearningPoint(100, 0.82, 0.81, 0.83), LearningPoint(200, last, last, last))
    assert words in learning_section(replace(facts, learning=points)).lead


def test_what_cannot_be_told_is_not_told(facts: SearchFacts) -> None:
    assert "cannot be told" in learning_section(replace(facts, learning=())).lead
    (note,) = settings_section(replace(facts, trials=facts.trials[:3])).blocks
    assert isinstance(note, Notes)

"""What single sections say, on facts of which the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from churn_models.comparison import ComparedChampion, Comparison, Difference
from churn_models.ensemble_spec import EnsembleSpec, Gate, Maximise, Threshold
from churn_models.feature_schema import CategoricalFeature
from churn_training.datasets import Dataset
from churn_training.intervals import wilson
from churn_training.metrics import Metric
from churn_training.report.champion import champion_section
from churn_training.report.confusion import confusion_section
from churn_training.report.data_profile import quality_section
from churn_training.report.draw import draw, thinned
from churn_training.report.facts import Facts
from churn_training.report.importance import importance_section
from churn_training.report.members import members_section, rank_correlations
from churn_training.report.page import Figure, Notes, Section, Table
from churn_training.report.performance import average_precision
from churn_training.report.profit import profit_section
from churn_training.report.slices import slices_section
from churn_training.report.verdict import verdict
from churn_training.train import Trained
from matplotlib.axes import Axes
from scipy.stats import spearmanr
from support.report_facts import facts_of


@pytest.fixture(scope="module")
def facts(trained: Trained, spec: EnsembleSpec, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts_of(trained, spec, dataset, tmp_path_factory.mktemp("rows"))


def _table(section: Section, caption: str) -> Table:
    return next(block for block in section.blocks if isinstance(block, Table) and block.caption.startswith(caption))


def _comparison(low: float, value: float, high: float) -> Comparison:
    figures = {str(metric): 0.5 for metric in Metric}
    return Comparison(
        champion=ComparedChampion(version="7", digest="sha256:" + "0" * 64),
        rows=100,
        rows_left_out=3,
        champion_metrics=figures,
        challenger_metrics=figures,
        auc=Difference(value=value, low=low, high=high),
        brier=Difference(value=0, low=-1, high=1),
        score_psi=0.1,
        rank_correlation=0.9,
    )


def test_the_confusion_adds_up(facts: Facts) -> None:
    (_, right, missed), (_, alarm, quiet) = _table(confusion_section(facts), "Decisions").rows
    assert sum(map(int, (right, missed, alarm, quiet))) == len(facts.holdout.target)
    assert int(right) + int(missed) == int(facts.holdout.target.sum())
    assert int(right) == int(np.sum((facts.holdout.score >= facts.origin.threshold) & (facts.holdout.target == 1)))


def test_slices_of_a_feature_hold_every_row_once(facts: Facts) -> None:
    rows = _table(slices_section(facts), "Churn").rows
    for name in facts.schema.names:
        of_feature = [int(row[2].removesuffix(", small")) for row in rows if row[0] == name]
        assert sum(of_feature) == len(facts.holdout.target), name


def test_small_slices_are_said_to_be_small_and_get_no_auc(facts: Facts) -> None:
    rows = _table(slices_section(facts), "Churn").rows
    small = [row for row in rows if row[2].endswith(", small")]
    assert small
    for row in rows:
        assert row[2].endswith(", small") == (int(row[2].removesuffix(", small")) < 50)
    few = [row for row in rows if int(row[2].removesuffix(", small")) < 20]
    assert all(row[6] == "too few" for row in few)


def test_a_group_that_the_scores_get_wrong_stands_out_and_others_do_not(facts: Facts) -> None:
    assert facts.matrix is not None
    position = facts.schema.names.index("gender")
    gender = facts.schema.features[position]
    assert isinstance(gender, CategoricalFeature)
    fair = np.random.default_rng(0).random(len(facts.holdout.score)) < facts.holdout.score
    honest = replace(facts, holdout=replace(facts.holdout, target=fair.astype(np.int8)))
    (said, *_) = slices_section(honest).blocks
    assert isinstance(said, Notes)
    assert said.texts[0].startswith("In none of the")
    wrong = fair | (facts.matrix[:, position] == 0)
    (said, *_) = slices_section(replace(facts, holdout=replace(facts.holdout, target=wrong.astype(np.int8)))).blocks
    assert isinstance(said, Notes)
    assert f"gender {gender.categories[0]}: the scores expect" in said.texts[0]


def test_more_than_twelve_values_end_in_one_line_of_rarer_ones(facts: Facts) -> None:
    assert facts.matrix is not None
    position = facts.schema.names.index("gender")
    features = list(facts.schema.features)
    features[position] = CategoricalFeature(name="gender", categories=tuple(f"c{number:02}" for number in range(30)))
    matrix = facts.matrix.copy()
    matrix[:, position] = np.arange(len(matrix)) % 30
    schema = type(facts.schema).model_validate(
        facts.schema.model_dump() | {"features": [feature.model_dump() for feature in features]}
    )
    rows = [row for row in _table(slices_section(replace(facts, schema=schema, matrix=matrix)), "Churn").rows]
    values = [row[1] for row in rows if row[0] == "gender"]
    assert len(values) == 13
    assert values[-1] == "18 rarer ones"


def test_profit_is_counted_at_the_threshold_and_for_everybody(facts: Facts) -> None:
    assert facts.spec is not None
    costs = Threshold(maximise=Maximise.PROFIT, value=100, cost=10)
    section = profit_section(replace(facts, spec=facts.spec.model_copy(update={"threshold": costs})))
    assert any(isinstance(block, Figure) for block in section.blocks)
    above, everybody, nobody = _table(section, "Profit").rows
    target, acted = facts.holdout.target, facts.holdout.score >= facts.origin.threshold
    expected = (100 * int(target[acted].sum()) - 10 * int(acted.sum())) * 1000 / len(target)
    assert float(above[2]) == pytest.approx(expected, abs=0.06)
    assert float(everybody[2]) == pytest.approx((100 * target.mean() - 10) * 1000, abs=0.06)
    assert nobody[1:3] == ("0", "0.0")
    assert "names no costs" in profit_section(facts).lead


def test_members_have_their_own_auc_and_correlations(facts: Facts) -> None:
    section = members_section(facts)
    names = [member.name for member in facts.origin.members]
    assert [row[0] for row in _table(section, "Members alone").rows] == names
    for row in _table(section, "Members alone").rows:
        assert float(row[3]) == pytest.approx(facts.evaluation.members[row[0]][Metric.AUC], abs=5e-5)
    expected = spearmanr(facts.holdout.members).statistic
    assert np.allclose(rank_correlations(facts.holdout.members), expected, atol=1e-12)
    constant = np.column_stack([facts.holdout.score, np.full(len(facts.holdout.score), 0.3)])
    assert rank_correlations(constant)[0, 1] == 0


def test_contributions_and_base_sum_to_the_scores(facts: Facts) -> None:
    assert facts.contributions is not None
    assert np.allclose(facts.contributions.sum(axis=1), facts.holdout.score[: len(facts.contributions)], atol=1e-6)
    shown = _table(importance_section(facts), "SHAP summary").rows
    sizes = [float(row[1]) for row in shown]
    assert sizes == sorted(sizes, reverse=True)
    assert {row[0] for row in shown} == {feature.name for feature in facts.schema.features}
    without = replace(facts, contributions=None)
    assert len(importance_section(without).blocks) == 2


@pytest.mark.parametrize(
    ("change", "passed", "words"),
    [
        pytest.param({}, True, ["Registered without a bound", "no champion"], id="no bounds"),
        pytest.param({"gate": Gate(min_auc=0.5)}, True, ["the one bound of its gate holds"], id="one bound"),
        pytest.param(
            {"gate": Gate(min_auc=0.5, max_brier=1), "comparison": _comparison(-0.01, 0.001, 0.02)},
            True,
            ["all 2 bounds of its gate hold", "cannot be told apart", "version 7 (AUC +0.0010, at worst -0.0100)"],
            id="like the champion",
        ),
        pytest.param({"comparison": _comparison(0.01, 0.02, 0.03)}, True, ["is better than the champion"], id="better"),
        pytest.param({"comparison": _comparison(-0.3, -0.2, -0.1)}, True, ["is worse, within what was"], id="worse"),
        pytest.param(
            {
                "gate": Gate(min_auc=1),
                "refusal": "the gate of ensemble.yaml refused:\n  - auc is 0.8\n  - brier is 0.3",
            },
            False,
            ["Not good enough", "auc is 0.8; brier is 0.3."],
            id="bounds missed",
        ),
        pytest.param(
            {"refusal": "the champion stays:\n  - auc differs by -0.1"},
            False,
            ["the model that serves now stays: the champion stays: auc differs by -0.1."],
            id="champion better",
        ),
    ],
)
def test_the_verdict_is_one_sentence(facts: Facts, change: dict[str, object], passed: bool, words: list[str]) -> None:
    assert facts.spec is not None
    spec = facts.spec.model_copy(update={"gate": change.get("gate", Gate())})
    known = replace(facts, spec=spec, comparison=change.get("comparison"), refusal=change.get("refusal"))  # type: ignore[arg-type]
    found = verdict(known)
    assert found.passed is passed
    assert "\n" not in found.sentence
    assert found.sentence.endswith(".")
    for part in words:
        assert part in found.sentence


def test_the_champion_stands_beside_with_differences(facts: Facts) -> None:
    section = champion_section(replace(facts, comparison=_comparison(-0.01, 0.001, 0.02)))
    table = _table(section, "Champion")
    assert table.headings[1] == "champion (version 7)"
    assert "+0.0010 (-0.0100 to +0.0200)" in {row[3] for row in table.rows}
    assert "3 rows were left out" in section.lead


@pytest.mark.parametrize(
    ("update", "said"),
    [
        pytest.param({"missing_ratio": 0.2}, "gender is missing in 20.0\u00a0% of the rows.", id="missing"),
        pytest.param({"commonest_ratio": 0.995}, "gender is nearly constant", id="constant"),
        pytest.param({"n": 0}, "gender has no value in any row.", id="empty"),
        pytest.param({"counts": {"Female": 9, "Male": 600}}, "Female came in fewer than 20 rows", id="rare"),
        pytest.param({"counts": {"Female": 0, "Male": 600}}, "Female came in no row", id="absent"),
    ],
)
def test_data_that_deserve_a_look_get_a_note(facts: Facts, update: dict[str, object], said: str) -> None:
    reference = facts.reference
    changed = {**reference.features, "gender": reference.features["gender"].model_copy(update=update)}
    (notes,) = quality_section(replace(facts, reference=reference.model_copy(update={"features": changed}))).blocks
    assert isinstance(notes, Notes)
    assert any(said in text for text in notes.texts)
    assert any("made up" in text for text in notes.texts)


def test_average_precision_lies_in_its_interval_and_perfect_scores_are_taken() -> None:
    generator = np.random.default_rng(0)
    target = (generator.random(2000) < 0.3).astype(np.int64)
    area, (low, high) = average_precision(target, np.clip(0.3 * target + generator.random(2000), 0, 1.3) / 1.3)
    assert 0.3 < low < area < high < 1
    perfect, ends = average_precision(target, target.astype(np.float64))
    assert perfect == 1
    assert 0 <= ends[0] <= ends[1] <= 1


@pytest.mark.parametrize(("found", "of"), [(0, 10), (10, 10), (1, 1)])
def test_an_interval_of_a_share_stays_a_share(found: int, of: int) -> None:
    low, high = wilson(found, of)
    assert -1e-12 <= low < high <= 1 + 1e-12


def test_a_drawing_keeps_text_as_text_and_takes_its_colours_from_the_page() -> None:
    def fill(axes: Axes) -> None:
        axes.barh([0], [1])
        axes.set_yticks([0], ["$x$ & <y> 顧客"])

    svg = draw("one", "caption", 'alt "text"', fill).svg
    assert "$x$ &amp; &lt;y&gt; 顧客</text>" in svg
    assert 'aria-label="alt &quot;text&quot;"' in svg
    assert "var(--ink)" in svg
    assert "<style" not in svg
    assert "<metadata" not in svg


def test_a_long_curve_is_drawn_by_a_few_hundred_points_with_its_ends() -> None:
    first, second = thinned(np.arange(100_000.0), np.arange(100_000.0) * 2)
    assert len(first) == len(second) == 400
    assert (first[0], first[-1], second[-1]) == (0, 99_999, 199_998)

"""The evaluator against the stock libraries: every kind of member, every combine rule, and what switches a path."""

import asyncio
import importlib
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import CombineRule
from churn_models.derive import NO_STEPS, Program
from churn_models.encoding import Matrix, encode
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.scoring.scorer import check_golden_rows, load_scorer
from churn_runtimes.ensemble import ChurnEnsemble
from churn_runtimes.evaluator import compiled, load
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.gate_rows import random_rows
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.evaluator.node_table import NodeTable, join_tables
from churn_runtimes.evaluator.pack import PACKERS
from churn_runtimes.evaluator.packed_member import LinearMember, PackedMember, TreeMember
from churn_runtimes.evaluator.scored_by import ScoredBy
from churn_runtimes.evaluator.unpackable import Unpackable
from churn_runtimes.model_settings import model_settings
from churn_training.datasets import Dataset
from churn_training.train import train
from support.figures import record
from support.small_ensemble import bagged_spec, small_spec
from support.v2_apps import V2Apps, Way
from support.v2_client import infer_request

ROWS = 50_000
"""For each of the forms, and with derived features."""
SERVED = 40
FORMS = {
    "voting, soft": small_spec(CombineRule.MEAN),
    "voting, soft and weighted": small_spec(CombineRule.WEIGHTED),
    "voting, hard and weighted": small_spec(CombineRule.VOTE),
    "stacking": small_spec(CombineRule.STACK),
    "bagging, stacked": bagged_spec(CombineRule.STACK),
}
"""Each has all kinds of members, the three boosting libraries among them."""


@pytest.fixture(scope="module")
def bundles(
    telco_schema: FeatureSchema, dataset: Dataset, derived_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> list[Bundle]:
    """Of every form, and one whose members see derived features."""
    by_form = [
        train(spec, telco_schema, dataset, seed=0, output=tmp_path_factory.mktemp("form")).bundle
        for spec in FORMS.values()
    ]
    return [*by_form, derived_bundle]


def _random(bundle: Bundle, rows: int, seed: int = 0) -> Matrix:
    return random_rows(np.random.default_rng(seed), bundle.schema(), rows)


def _largest_difference(evaluator: Evaluator, bundle: Bundle, matrix: Matrix) -> float:
    flat, stock = evaluator.score(matrix), load_scorer(bundle).score(matrix)
    pairs = [(flat.ensemble, stock.ensemble), *((flat.members[name], stock.members[name]) for name in stock.members)]
    return max(float(np.abs(left - right).max()) for left, right in pairs)


def test_all_kinds_and_rules_score_as_their_libraries_do(bundles: list[Bundle]) -> None:
    worst = 0.0
    for seed, bundle in enumerate(bundles):
        evaluator = load_evaluator(bundle)
        assert {scoring.by for scoring in evaluator.scoring.values()} == {ScoredBy.TABLE}, evaluator.scoring
        assert evaluator.members == tuple(member.name for member in bundle.manifest.members)
        assert not evaluator.stock
        worst = max(worst, _largest_difference(evaluator, bundle, _random(bundle, ROWS, seed)))
        check_golden_rows(bundle, evaluator)
    figure = record("parity_max_diff", worst, "probability", "<= 1e-6")
    assert figure.holds


def test_every_form_is_served_as_its_libraries_score(bundles: list[Bundle], dataset: Dataset) -> None:
    customers = dataset.raw.head(SERVED)
    for bundle in bundles:
        schema, names = bundle.schema(), [member.name for member in bundle.manifest.members]
        expected = load_scorer(bundle).score(
            encode(schema, {name: customers[name].to_numpy() for name in schema.names}).matrix
        )
        request = infer_request(schema, customers, ["churn_probability", *(f"member.{name}" for name in names)])
        with V2Apps(bundle, "small", "1") as apps:
            answer = apps.post(Way.FAST, "/v2/models/small/infer", orjson.dumps(request), {})
            assert apps.by_fast_path == 1
        found = {output["name"]: np.asarray(output["data"]) for output in orjson.loads(answer.body)["outputs"]}
        np.testing.assert_allclose(found["churn_probability"], expected.ensemble, rtol=0, atol=1e-12)
        for name in names:
            np.testing.assert_allclose(found[f"member.{name}"], expected.members[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("which", ["bundle", "derived_bundle"])
def test_one_row_scores_what_it_scores_among_many(which: str, request: pytest.FixtureRequest) -> None:
    bundle: Bundle = request.getfixturevalue(which)
    evaluator = load_evaluator(bundle)
    matrix = _random(bundle, 300)
    ensemble, members = evaluator.evaluate(matrix)
    for row in range(len(matrix)):
        alone, alone_members = evaluator.evaluate(matrix[row : row + 1])
        np.testing.assert_array_equal(alone[0], ensemble[row])
        np.testing.assert_array_equal(alone_members[0], members[row])


def _plant(monkeypatch: pytest.MonkeyPatch, kind: MemberKind, fault: Callable[[Any], PackedMember]) -> None:
    packer = PACKERS[kind]
    monkeypatch.setitem(PACKERS, kind, lambda model: fault(packer(model)))


def _leaves_off(member: PackedMember) -> PackedMember:
    """All scores wrong by a little."""
    if isinstance(member, LinearMember):
        return replace(member, intercept=member.intercept + 1e-4)
    return replace(member, nodes=replace(member.nodes, value=member.nodes.value + 1e-4))


def _thresholds_off(side: float) -> Callable[[TreeMember], PackedMember]:
    """Every decision right but for values exactly on a threshold or one float beside."""

    def fault(member: TreeMember) -> PackedMember:
        moved = np.nextafter(member.nodes.threshold, np.float32(side))
        return replace(member, nodes=replace(member.nodes, threshold=moved))

    return fault


def _missing_to_the_other_side(member: TreeMember) -> PackedMember:
    columns = member.nodes.columns.copy()
    columns["when_missing"] *= -1
    zero = columns["when_missing"] == 0
    columns["when_missing"][zero] = np.inf
    return replace(member, nodes=replace(member.nodes, columns=columns))


def _missing_code_forgotten(member: LinearMember) -> PackedMember:
    terms = tuple(replace(term, weight=term.weight + 0.01) if term.code_weights else term for term in member.terms)
    return replace(member, terms=terms)


def test_members_that_are_not_packed_get_derived_features_too(
    derived_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PACKERS, MemberKind.LIGHTGBM, lambda _: 1 / 0)
    evaluator = load_evaluator(derived_bundle)
    assert list(evaluator.stock) == ["lightgbm"]
    assert _largest_difference(evaluator, derived_bundle, _random(derived_bundle, 500)) <= 1e-6
    alone = load_evaluator(derived_bundle, "xgboost")
    np.testing.assert_array_equal(
        alone.score(_random(derived_bundle, 50)).members["xgboost"],
        evaluator.score(_random(derived_bundle, 50)).members["xgboost"],
    )


def test_a_table_that_derives_other_features_does_not_serve(
    derived_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def off(members: Sequence[NodeTable], program: Program = NO_STEPS) -> NodeTable:
        return join_tables(members, replace(program, values=np.nextafter(program.values, np.float32(np.inf))))

    monkeypatch.setattr(load, "join_tables", off)
    evaluator = load_evaluator(derived_bundle)
    assert {str(scoring) for scoring in evaluator.scoring.values()} == {
        "library: its table derives other features than training does"
    }
    check_golden_rows(derived_bundle, evaluator)


TREE_KINDS = [kind for kind in MemberKind if kind is not MemberKind.LOGISTIC_REGRESSION]
FAULTS = [
    *(pytest.param(kind, _leaves_off, id=f"{kind}: leaves off by 1e-4") for kind in MemberKind),
    *(pytest.param(kind, _thresholds_off(-np.inf), id=f"{kind}: thresholds one float down") for kind in TREE_KINDS),
    *(pytest.param(kind, _thresholds_off(np.inf), id=f"{kind}: thresholds one float up") for kind in TREE_KINDS),
    *(pytest.param(kind, _missing_to_the_other_side, id=f"{kind}: missing values astray") for kind in TREE_KINDS),
    pytest.param(MemberKind.LOGISTIC_REGRESSION, _missing_code_forgotten, id="a missing code weighs more"),
]


@pytest.mark.parametrize(("kind", "fault"), FAULTS)
def test_a_planted_fault_switches_the_path_visibly(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: MemberKind,
    fault: Callable[[Any], PackedMember],
) -> None:
    _plant(monkeypatch, kind, fault)
    with caplog.at_level(logging.WARNING):
        evaluator = load_evaluator(bundle)
    assert {name for name, scoring in evaluator.scoring.items() if scoring.is_slow} == {kind.value}
    assert evaluator.is_slow
    assert evaluator.scoring[kind.value].reason.startswith(f"differs from {kind} by ")
    assert f"member {kind} is scored by its library: differs from" in caplog.text
    assert _largest_difference(evaluator, bundle, _random(bundle, 2000)) <= 1e-12


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(Unpackable("linear trees"), "linear trees", id="what its packer knows"),
        pytest.param(StopIteration("objective"), "StopIteration: objective", id="a line that its packer misses"),
        pytest.param(MemoryError("14.6 TiB"), "MemoryError: 14.6 TiB", id="what no packer expects"),
    ],
)
def test_a_member_that_cannot_be_packed_is_served_by_its_library(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def refuse(_: Any) -> PackedMember:
        raise error

    monkeypatch.setitem(PACKERS, MemberKind.LIGHTGBM, refuse)
    evaluator = load_evaluator(bundle)
    assert str(evaluator.scoring["lightgbm"]) == f"library: not packable: {told}"
    assert str(evaluator.scoring["xgboost"]) == "table"
    assert _largest_difference(evaluator, bundle, _random(bundle, 2000)) <= 1e-12


def test_members_that_fill_no_table_together_are_served_by_their_libraries(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> NodeTable:
        raise Unpackable("40000 columns")

    monkeypatch.setattr(load, "join_tables", refuse)
    evaluator = load_evaluator(bundle)
    assert {str(path) for path in evaluator.scoring.values()} == {"library: not packable: 40000 columns"}


def test_without_a_compiler_all_members_are_served_by_their_libraries(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "churn_runtimes.evaluator._flat_trees", None)
        importlib.reload(compiled)
        without.setattr(load, "UNAVAILABLE", compiled.UNAVAILABLE)
        evaluator = load_evaluator(bundle)
    importlib.reload(compiled)
    assert not compiled.UNAVAILABLE
    for path in evaluator.scoring.values():
        assert path.reason.startswith("the compiled evaluator is not installed")
    assert _largest_difference(evaluator, bundle, _random(bundle, 500)) == 0.0


@pytest.mark.parametrize(
    "matrix",
    [
        pytest.param(np.zeros((2, 3), np.float32), id="features missing"),
        pytest.param(np.zeros((2, 19)), id="double precision"),
    ],
)
def test_a_matrix_of_another_form_is_refused(bundle: Bundle, matrix: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        load_evaluator(bundle).evaluate(matrix)


async def _metadata(folder: Path, bundle: Bundle) -> dict[str, Any]:
    model = ChurnEnsemble(model_settings(replace(bundle, folder=folder), "small", None)[0])
    await model.load()
    parameters = (await model.metadata()).parameters
    return parameters.model_dump(exclude_none=True) if parameters else {}


def test_metadata_say_which_path_each_member_takes(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    _plant(monkeypatch, MemberKind.XGBOOST, _leaves_off)
    parameters = asyncio.run(_metadata(bundle.folder, bundle))
    assert parameters["scored_by.random-forest"] == "table"
    assert parameters["scored_by.xgboost"].startswith("library: differs from xgboost by ")

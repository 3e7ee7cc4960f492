"""A candidate answers gRPC as it answers REST: fast and slow alike, its share, and never who names a version."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import PROBABILITY
from churn_runtimes.candidate.packed_table import PackedTable
from churn_training.datasets import Dataset
from support.bundle_server import VERSION
from support.second_bundle import second_bundle
from support.tables import packed
from support.v2_apps import V2Apps, Way
from support.v2_tensors import grpc_matrix

REQUESTS = 200


@pytest.fixture(scope="module")
def candidate(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> PackedTable:
    return packed(second_bundle(telco_schema, dataset, tmp_path_factory.mktemp("second")), "8")


@pytest.fixture(scope="module")
def apps(bundle: Bundle) -> Iterator[V2Apps]:
    with V2Apps(bundle, "small", VERSION) as running:
        yield running


@pytest.fixture(scope="module")
def stable(bundle: Bundle) -> PackedTable:
    return packed(bundle, VERSION)


@pytest.mark.parametrize("raw", [False, True], ids=["contents", "raw contents"])
@pytest.mark.parametrize("weight", [0, 37, 100])
def test_both_ways_answer_alike(weight: int, raw: bool, apps: V2Apps, candidate: PackedTable, matrix: Matrix) -> None:
    apps.try_candidate(candidate, weight, "customer-id")
    versions: Counter[str] = Counter()
    for number in range(REQUESTS):
        metadata = [("customer-id", f"customer {number}")]
        request = grpc_matrix("small", matrix[number % len(matrix)][np.newaxis], raw, id=str(number))
        fast, slow = (apps.call(way, request, metadata) for way in (Way.FAST, Way.MLSERVER))
        assert fast == slow
        versions[fast.model_version] += 1
    assert versions["8"] / REQUESTS == pytest.approx(weight / 100, abs=0.12)


@pytest.mark.parametrize("way", Way)
def test_who_answers_is_who_is_named(
    way: Way, apps: V2Apps, stable: PackedTable, candidate: PackedTable, matrix: Matrix
) -> None:
    apps.try_candidate(candidate, 50, None)
    versions: Counter[str] = Counter()
    tables = {VERSION: stable, "8": candidate}
    for number in range(REQUESTS):
        rows = matrix[number % len(matrix)][np.newaxis]
        answer = apps.call(way, grpc_matrix("small", rows), [])
        expected = tables[answer.model_version].evaluator.score(rows).ensemble
        assert list(answer.outputs[0].contents.fp64_contents) == list(expected)
        versions[answer.model_version] += 1
    assert abs(versions["8"] - REQUESTS / 2) <= 2


@pytest.mark.parametrize("way", Way)
def test_who_names_a_version_gets_it(way: Way, apps: V2Apps, candidate: PackedTable, matrix: Matrix) -> None:
    apps.try_candidate(candidate, 100, None)
    answer = apps.call(way, grpc_matrix("small", matrix[:1], model_version=VERSION), [])
    assert answer.model_version == VERSION


def test_a_parameter_is_a_key_too(apps: V2Apps, candidate: PackedTable, matrix: Matrix) -> None:
    apps.try_candidate(candidate, 50, "customer-id")
    for number in range(40):
        key = f"customer {number}"
        by_header = apps.call(Way.FAST, grpc_matrix("small", matrix[:1]), [("customer-id", key)])
        request = grpc_matrix("small", matrix[:1])
        request.parameters["customer-id"].string_param = key
        assert apps.call(Way.FAST, request, []) is None
        assert apps.call(Way.MLSERVER, request, []) == by_header


def test_outputs_of_the_candidate_are_its_own(
    apps: V2Apps, candidate: PackedTable, matrix: Matrix, telco_schema: FeatureSchema
) -> None:
    apps.try_candidate(candidate, 100, None)
    request: Any = grpc_matrix("small", matrix)
    names = (PROBABILITY, "member.xgboost", "calibrated_probability", "decision")
    for name in names:
        request.outputs.add(name=name)
    answer = apps.call(Way.MLSERVER, request, [])
    scores = candidate.evaluator.score(matrix)
    expected = candidate.outputs.values(names, scores)
    assert answer.model_version == "8"
    for output in answer.outputs:
        given = output.contents.bool_contents or output.contents.fp64_contents
        assert list(given) == list(expected[output.name])


def test_contributions_are_stables(apps: V2Apps, candidate: PackedTable, matrix: Matrix) -> None:
    apps.try_candidate(candidate, 100, None)
    request: Any = grpc_matrix("small", matrix[:1])
    request.outputs.add(name=PROBABILITY)
    request.outputs.add(name="contributions")
    assert apps.call(Way.MLSERVER, request, []).model_version == VERSION

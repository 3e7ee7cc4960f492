"""The fast path answers as MLServer's way does, byte for byte: generated requests, and the list of bad ones."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import CALIBRATED, DECISION, Outputs
from churn_runtimes.candidate.packed_table import PackedTable
from churn_training.datasets import Dataset
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.bundle_server import VERSION
from support.refused_requests import GENERAL, Refused
from support.second_bundle import second_bundle
from support.tables import packed
from support.v2_apps import HEADER_LENGTH, V2Apps, Way
from support.v2_requests import binary_bodies, bodies
from support.v2_tensors import matrix_tensor

EXAMPLES = 600
BINARY_EXAMPLES = 200
CANDIDATE_EXAMPLES = 150
JSON = {"Content-Type": "application/json"}
HEADERS = [JSON, JSON, JSON, {"Content-Type": "application/json; charset=utf-8"}, {}, {"Content-Type": "text/plain"}]
PATHS = ["/v2/models/small/infer"] * 3 + [f"/v2/models/small/versions/{VERSION}/infer"]


@pytest.fixture(scope="module")
def apps(bundle: Bundle) -> Iterator[V2Apps]:
    with V2Apps(bundle, "small", VERSION) as running:
        yield running


def _same(apps: V2Apps, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    fast, slow = (apps.post(way, path, body, headers) for way in (Way.FAST, Way.MLSERVER))
    assert fast == slow
    return fast.status


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def _outputs(bundle: Bundle) -> list[str]:
    return Outputs.of(bundle).names


@pytest.fixture(scope="module")
def candidate(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> PackedTable:
    return packed(second_bundle(telco_schema, dataset, tmp_path_factory.mktemp("second")), "8")


@pytest.mark.parametrize("weight", [0, 37, 100])
def test_a_candidate_answers_alike_on_both_ways(
    weight: int, candidate: PackedTable, telco_schema: FeatureSchema, bundle: Bundle
) -> None:
    """JSON and binary, matrices and named columns; a header keeps each request with one version on both ways."""
    versions: Counter[str] = Counter()
    outputs, paths = _outputs(bundle), st.sampled_from(PATHS)
    customers = st.integers(0, 40).map("customer {}".format)
    with V2Apps(bundle, "small", VERSION) as apps:
        tally = apps.try_candidate(candidate, weight, "customer-id")

        def compare(path: str, body: bytes, headers: dict[str, str]) -> None:
            fast, slow = (apps.post(way, path, body, headers) for way in (Way.FAST, Way.MLSERVER))
            assert fast == slow
            if found := re.search(rb'"model_version":"(\d+)"', fast.body):
                versions[found[1].decode()] += 1
                assert found[1] == b"7" or path == PATHS[0]

        @_settings(CANDIDATE_EXAMPLES)
        @given(body=bodies(telco_schema, outputs), customer=customers, path=paths)
        def compare_json(body: bytes, customer: str, path: str) -> None:
            compare(path, body, {**JSON, "Customer-Id": customer})

        @_settings(CANDIDATE_EXAMPLES)
        @given(request=binary_bodies(telco_schema, outputs), customer=customers, path=paths)
        def compare_binary(request: tuple[bytes, str], customer: str, path: str) -> None:
            compare(path, request[0], {**JSON, "Customer-Id": customer, HEADER_LENGTH: request[1]})

        compare_json()
        compare_binary()
        assert apps.by_fast_path >= CANDIDATE_EXAMPLES / 3
    # Requests that name version 7, or ask for what stable alone gives, are answered by it.
    assert versions[VERSION] >= 10
    assert (versions["8"] >= 10) is (weight > 0)
    assert tally.scorings()[1].requests > 0
    assert not any(tally.scorings()[1].faults.values())


def test_generated_requests(apps: V2Apps, telco_schema: FeatureSchema, bundle: Bundle) -> None:
    statuses: Counter[int] = Counter()
    before = apps.by_fast_path

    @_settings(EXAMPLES)
    @given(body=bodies(telco_schema, _outputs(bundle)), headers=st.sampled_from(HEADERS), path=st.sampled_from(PATHS))
    def check(body: bytes, headers: dict[str, str], path: str) -> None:
        statuses[_same(apps, path, body, headers)] += 1

    check()
    # Of each kind there must have been many, or the comparison says little.
    assert statuses[200] >= EXAMPLES / 5, statuses
    assert statuses[400] >= EXAMPLES / 10, statuses
    assert apps.by_fast_path - before >= EXAMPLES / 6


def test_generated_binary_requests(apps: V2Apps, telco_schema: FeatureSchema, bundle: Bundle) -> None:
    statuses: Counter[int] = Counter()
    before = apps.by_fast_path

    @_settings(BINARY_EXAMPLES)
    @given(request=binary_bodies(telco_schema, _outputs(bundle)))
    def check(request: tuple[bytes, str]) -> None:
        body, length = request
        statuses[_same(apps, PATHS[0], body, {**JSON, HEADER_LENGTH: length})] += 1

    check()
    assert statuses[200] >= BINARY_EXAMPLES / 5, statuses
    assert statuses[400] >= BINARY_EXAMPLES / 10, statuses
    assert apps.by_fast_path - before >= BINARY_EXAMPLES / 6


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in GENERAL])
def test_bad_requests(case: Refused, apps: V2Apps) -> None:
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    assert _same(apps, PATHS[0], body, JSON) in case.statuses


@pytest.mark.parametrize("parameters", [{}, {"binary_data": True}], ids=["JSON", "binary"])
@pytest.mark.parametrize("rows", [1, 3])
def test_outputs_by_name(rows: int, parameters: dict[str, bool], apps: V2Apps, matrix: Matrix, bundle: Bundle) -> None:
    for names in ([CALIBRATED], [DECISION], _outputs(bundle)):
        outputs = [{"name": name, "parameters": parameters} for name in names]
        body = json.dumps({"inputs": [matrix_tensor(matrix[:rows])], "outputs": outputs}).encode()
        before = apps.by_fast_path
        assert _same(apps, PATHS[0], body, JSON) == 200
        assert apps.by_fast_path == before + 1

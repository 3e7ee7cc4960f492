"""What the operator recorded of a version is believed, whatever MLflow says later."""

import asyncio
from dataclasses import replace

import pytest
from churn_operator.api.model_source import ModelSource
from churn_operator.api.status import Reason
from churn_operator.cluster.model_registry import ModelRegistry
from churn_operator.cluster.registry_watch import RegistryWatch
from churn_operator.decide.observed import Target, TargetProblem
from churn_operator.observe.expected import Expected
from churn_operator.observe.record import Bundle
from support.fake_comparison import comparison
from support.fake_mlflow_registry import MEMBERS, FakeMlflowRegistry

SOURCE = ModelSource(name="telco", version="1")


def _find(mlflow: FakeMlflowRegistry, *recorded: Bundle) -> Target | TargetProblem:
    async def main() -> Target | TargetProblem:
        watch = RegistryWatch(ModelRegistry(mlflow.url, None), lambda key: None, poll_seconds=30)
        async with asyncio.timeout(20):
            while (target := watch.find_target(("churn", "telco"), SOURCE, recorded)) is None:
                await watch.turn()
        return target

    return asyncio.run(main())


def _record(digest: str, members: tuple[str, ...]) -> Bundle:
    return Bundle("telco", "1", digest, members)


def test_at_first_sight_digest_and_members_come_from_the_manifest() -> None:
    with FakeMlflowRegistry() as mlflow:
        version = mlflow.register("telco")
        assert _find(mlflow) == Target("1", version.digest, False, tuple(MEMBERS))


def test_a_comparison_is_read_with_the_manifest_and_kept_with_the_record() -> None:
    with FakeMlflowRegistry() as mlflow:
        content = comparison("1").model_dump_json().encode()
        version = mlflow.register("telco", comparison=content)
        expected = Expected.of(comparison("1"))
        assert _find(mlflow) == Target("1", version.digest, False, tuple(MEMBERS), expected)
        record = replace(_record(version.digest, ("one",)), comparison=expected)
        mlflow.replace_manifest(version, b"{}")
        assert _find(mlflow, record) == Target("1", version.digest, False, ("one",), expected)


@pytest.mark.parametrize(
    ("listed", "served"),
    [
        pytest.param(comparison("1").model_dump_json(), comparison("2").model_dump_json(), id="another than is listed"),
        pytest.param(comparison("1").model_dump_json(), None, id="missing"),
        pytest.param(comparison("1").model_dump_json(), "{}", id="shorter"),
        pytest.param("{}", "{}", id="no comparison"),
        pytest.param("x" * 70_000, "x" * 70_000, id="too large"),
    ],
)
def test_a_comparison_that_is_not_what_the_manifest_lists_makes_no_version(listed: str, served: str | None) -> None:
    with FakeMlflowRegistry() as mlflow:
        version = mlflow.register("telco", comparison=listed.encode())
        mlflow.replace_comparison(version, served.encode() if served is not None else None)
        problem = _find(mlflow)
        assert isinstance(problem, TargetProblem)
        assert (problem.reason, "comparison.json" in problem.message) == (Reason.ARTIFACT_INVALID, True)


def test_afterwards_they_come_from_the_record() -> None:
    with FakeMlflowRegistry() as mlflow:
        version = mlflow.register("telco")
        record = _record(version.digest, ("one", "two"))
        mlflow.replace_manifest(version, b"{}")
        assert _find(mlflow, record) == Target("1", version.digest, False, ("one", "two"))


def test_a_record_without_members_is_completed_from_the_manifest_that_it_names() -> None:
    with FakeMlflowRegistry() as mlflow:
        version = mlflow.register("telco")
        older = _record(version.digest, ())
        assert _find(mlflow, older) == Target("1", version.digest, False, tuple(MEMBERS))
        problem = _find(mlflow, replace(older, digest="sha256:" + "0" * 64))
        assert isinstance(problem, TargetProblem)
        assert problem.reason is Reason.ARTIFACT_INVALID
        assert "at first sight" in problem.message

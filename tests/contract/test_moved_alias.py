"""The operator moves champion only from where it believes it to be: a person may have been faster than it looks."""

import asyncio

import pytest
from churn_models.errors import RegistryError
from churn_models.names import CHAMPION
from churn_operator.cluster.model_registry import ModelRegistry
from support.fake_mlflow_registry import FakeMlflowRegistry


@pytest.mark.parametrize(
    ("present", "over", "moves"),
    [
        pytest.param(1, "1", True, id="as believed"),
        pytest.param(2, "1", True, id="moved already"),
        pytest.param(3, "1", False, id="moved elsewhere"),
        pytest.param(None, "", True, id="none yet, as believed"),
        pytest.param(3, "", False, id="one by now"),
        pytest.param(3, None, True, id="wherever it is"),
    ],
)
def test_champion_is_moved_to_version_2(present: int | None, over: str | None, moves: bool) -> None:
    with FakeMlflowRegistry() as mlflow:
        versions = [mlflow.register("telco") for _ in range(3)]
        if present:
            mlflow.set_alias(versions[present - 1], CHAMPION)
        move = ModelRegistry(mlflow.url, None).set_alias("telco", CHAMPION, "2", over)
        if moves:
            asyncio.run(move)
        else:
            with pytest.raises(RegistryError, match="somebody has pointed it at version 3"):
                asyncio.run(move)
        assert mlflow.alias("telco", CHAMPION) == ("2" if moves else str(present))

"""What a model without contributions says to who asks for reasons: a Distributed ensemble, or one member's pod."""

import asyncio

import numpy as np
import pytest
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
from churn_models.outputs import Outputs
from churn_runtimes.candidate.request_choice import RequestChoice
from churn_runtimes.scoring_model import ScoringModel
from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest
from churn_runtimes.v2.tensor import Tensor
from mlserver import ModelSettings

SCHEMA = FeatureSchema(
    features=(NumericFeature(name="charges"), NumericFeature(name="tenure")),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
)


class _Elsewhere(ScoringModel):
    """Scored in other pods, as far as this one knows."""

    def __init__(self) -> None:
        super().__init__(ModelSettings(name="small", implementation=ScoringModel))
        self._describe(SCHEMA, Outputs(["one"], None, None))

    async def score(self, matrix: Matrix) -> EnsembleScores:
        return EnsembleScores(np.full(len(matrix), 0.5), {"one": np.full(len(matrix), 0.5)})

    def not_scores(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("asked", "top", "whose"),
    [
        (["contributions"], None, "the ensemble"),
        (["contributions.one"], None, "member one"),
        ([], 1, "the ensemble"),
        (["top_reasons.one"], 2, "member one"),
    ],
)
def test_reasons_need_all_members_here(asked: list[str], top: int | None, whose: str) -> None:
    rows = Tensor("rows", Datatype.FP32, [1, 2], [0.0, 1.0])
    told = f"contributions of {whose} are not available here: .*placement Colocated"
    with pytest.raises(BadRequest, match=told):
        asyncio.run(_Elsewhere().answer([rows], asked, RequestChoice(parameters={"top_reasons": top})))

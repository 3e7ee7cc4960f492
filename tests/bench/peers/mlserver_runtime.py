"""What a skilled author of a custom MLServer runtime writes, shared by the peers that run in stock MLServer.

From the request's data straight to a matrix, from the scores straight to the answer: no codec in between.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput
from mlserver.utils import get_model_uri

Score = Callable[[Matrix], Scores]
ScoreSoon = Callable[[Matrix], Awaitable[Scores]]


class MatrixRuntime(MLModel):  # type: ignore[misc]  # mlserver is untyped
    """Answers `churn_probability` for one `[rows, features]` tensor."""

    async def load(self) -> bool:
        """Read the model from the settings' uri."""
        self._score = self.read(Path(await get_model_uri(self._settings)))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Score the one tensor."""
        return self.answer(self._score(self.matrix(payload)))

    @abstractmethod
    def read(self, uri: Path) -> Score:
        """The function that scores encoded rows."""

    def matrix(self, payload: InferenceRequest) -> Matrix:
        """The one tensor of the request."""
        tensor = payload.inputs[0]
        return np.array(tensor.data.root, dtype=np.float32).reshape(tensor.shape)

    def answer(self, scores: Scores) -> InferenceResponse:
        """The answer with one tensor."""
        output = ResponseOutput(name="churn_probability", datatype="FP64", shape=[len(scores)], data=scores.tolist())
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=[output])

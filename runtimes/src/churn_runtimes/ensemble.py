"""The ensemble as an MLServer model: it has the ChurnModel's name and answers P(churn).

MLServer makes it from the settings that `model_settings` builds; any stock MLServer could load it too.
"""

import logging
from pathlib import Path

from churn_models.bundle import open_bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.feature_schema import Feature, NumericFeature
from churn_models.scoring.scorer import check_golden_rows
from mlserver import MLModel
from mlserver.types import (
    Datatype,
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    MetadataTensor,
    Parameters,
    ResponseOutput,
)
from mlserver.utils import get_model_uri

from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.infer_request import MEMBER_PREFIX, PROBABILITY, decode_rows, wanted_outputs

logger = logging.getLogger(__name__)


class ChurnEnsemble(MLModel):  # type: ignore[misc]  # mlserver is untyped
    """All members of a verified bundle, scored in one pass and combined."""

    async def load(self) -> bool:
        """Verify the bundle and score its golden rows again. Raises BundleError; the model is not ready then."""
        bundle = open_bundle(Path(await get_model_uri(self._settings)))
        self._schema = bundle.schema()
        self._evaluator = load_evaluator(bundle)
        worst = check_golden_rows(bundle, self._evaluator)
        self.inputs = [_input_metadata(feature) for feature in self._schema.features]
        self.outputs = [_output_metadata(name) for name in self._output_names()]
        paths = {name: str(path) for name, path in self._evaluator.paths.items()}
        logger.info("%s: bundle %s, golden rows within %.1e, members by %s", self.name, bundle.digest, worst, paths)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer `churn_probability`, or the outputs that the request names, each FP64 `[rows]`."""
        names = wanted_outputs(payload, self._evaluator.members)
        scores = self._score(decode_rows(self._schema, payload))
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[_output(name, scores[name]) for name in names],
        )

    async def metadata(self) -> MetadataModelResponse:
        """As MLServer has it, and by `path.<member>` in the parameters how each member is scored."""
        metadata = await super().metadata()
        paths = {f"path.{name}": str(path) for name, path in self._evaluator.paths.items()}
        return metadata.model_copy(update={"parameters": Parameters(**paths)})

    def _score(self, matrix: Matrix) -> dict[str, Scores]:
        scores = self._evaluator.score(matrix)
        members = {f"{MEMBER_PREFIX}{name}": values for name, values in scores.members.items()}
        return {PROBABILITY: scores.ensemble, **members}

    def _output_names(self) -> list[str]:
        return [PROBABILITY, *(f"{MEMBER_PREFIX}{name}" for name in self._evaluator.members)]


def _output(name: str, values: Scores) -> ResponseOutput:
    return ResponseOutput(name=name, datatype=Datatype.FP64, shape=[len(values)], data=values.tolist())


def _input_metadata(feature: Feature) -> MetadataTensor:
    datatype = Datatype.FP64 if isinstance(feature, NumericFeature) else Datatype.BYTES
    return MetadataTensor(name=feature.name, datatype=datatype, shape=[-1])


def _output_metadata(name: str) -> MetadataTensor:
    return MetadataTensor(name=name, datatype=Datatype.FP64, shape=[-1])

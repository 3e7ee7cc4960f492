"""Peers: the whole ensemble, and one member of it, in stock MLServer on our evaluator.

The first shows what the server around the same model costs; the second reads raw customers, as the
stream does; the third is what the fan-out asks three times.
"""

from pathlib import Path
from typing import Any, cast

import numpy as np
from bench.peers.mlserver_runtime import MatrixRuntime, Score
from churn_models.bundle import open_bundle
from churn_models.encoding import Matrix
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.v2.json_rows import Codes
from mlserver.types import InferenceRequest


class EvaluatorEnsemble(MatrixRuntime):
    """All members of the bundle in one pass."""

    def read(self, uri: Path) -> Score:
        """Pack the members."""
        evaluator = load_evaluator(open_bundle(uri))
        return lambda matrix: evaluator.evaluate(matrix)[0]


class EvaluatorCustomers(EvaluatorEnsemble):
    """The same for one customer as people write him, a tensor for each feature."""

    def read(self, uri: Path) -> Score:
        """Its categories' codes, too."""
        schema = open_bundle(uri).schema()
        self._codes = {name: Codes(name, vocabulary) for name, vocabulary in schema.vocabularies.items()}
        self._names = schema.names
        return super().read(uri)

    def matrix(self, payload: InferenceRequest) -> Matrix:
        """The row of the one customer."""
        values = {tensor.name: tensor.data.root[0] for tensor in payload.inputs}
        row = [self._number(name, values[name]) for name in self._names]
        return np.array([row], dtype=np.float32)

    def _number(self, name: str, value: Any) -> float | None:
        codes = self._codes.get(name)
        if codes is None:
            return cast(float | None, value)
        return codes[value] if value in codes else codes.of(value, {})


class EvaluatorMember(MatrixRuntime):
    """The member that the model settings name."""

    def read(self, uri: Path) -> Score:
        """Pack the members and answer one."""
        bundle = open_bundle(uri)
        names = [member.name for member in bundle.manifest.members]
        column = names.index(self._settings.parameters.extra["member"])
        evaluator = load_evaluator(bundle)
        return lambda matrix: np.ascontiguousarray(evaluator.evaluate(matrix)[1][:, column])

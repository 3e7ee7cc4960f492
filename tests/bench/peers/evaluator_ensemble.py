"""Peers: the whole ensemble, and one member of it, in stock MLServer on our evaluator.

The first shows what the server around the same model costs; the second is what the fan-out asks three times.
"""

from pathlib import Path

import numpy as np
from bench.peers.mlserver_runtime import MatrixRuntime, Score
from churn_models.bundle import open_bundle
from churn_runtimes.evaluator.load import load_evaluator


class EvaluatorEnsemble(MatrixRuntime):
    """All members of the bundle in one pass."""

    def read(self, uri: Path) -> Score:
        """Pack the members."""
        evaluator = load_evaluator(open_bundle(uri))
        return lambda matrix: evaluator.evaluate(matrix)[0]


class EvaluatorMember(MatrixRuntime):
    """The member that the model settings name."""

    def read(self, uri: Path) -> Score:
        """Pack the members and answer one."""
        bundle = open_bundle(uri)
        names = [member.name for member in bundle.manifest.members]
        column = names.index(self._settings.parameters.extra["member"])
        evaluator = load_evaluator(bundle)
        return lambda matrix: np.ascontiguousarray(evaluator.evaluate(matrix)[1][:, column])

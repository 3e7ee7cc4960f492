"""What an ensemble can be asked for, by name: the one vocabulary of REST, gRPC, pyfunc and table scoring.

Each takes the names that it was asked for, has the rows scored once, and turns the scores into these outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_models.bundle import Bundle
from churn_models.ensemble_scores import EnsembleScores
from churn_models.errors import OutputUnknown
from churn_models.reference import CalibrationMap

PROBABILITY = "churn_probability"
"""P(churn) of the ensemble; what is answered by default."""
CALIBRATED = "calibrated_probability"
"""The share that churned among out-of-fold rows of such a score (the isotonic regression of training)."""
DECISION = "decision"
"""Whether P(churn) reaches the manifest's threshold."""

_MEMBER = "member."


def member_output(member: str) -> str:
    """One member's P(churn)."""
    return f"{_MEMBER}{member}"


@dataclass(frozen=True)
class Outputs:
    """Of one bundle, from its members' names, the calibration map of reference.json and the manifest's threshold.

    Of one member alone there is neither: both are the ensemble's.
    """

    members: Sequence[str]
    calibration: CalibrationMap | None
    threshold: float | None

    @classmethod
    def of(cls, bundle: Bundle) -> "Outputs":
        """As training wrote them."""
        names = [member.name for member in bundle.manifest.members]
        return cls(names, bundle.reference().scores.calibration, bundle.manifest.threshold)

    @property
    def names(self) -> list[str]:
        """Everything that there is, the ensemble's first."""
        calibrated = [] if self.calibration is None else [CALIBRATED]
        decision = [] if self.threshold is None else [DECISION]
        return [PROBABILITY, *calibrated, *decision, *map(member_output, self.members)]

    def wanted(self, asked: Sequence[str], also: Sequence[str] = ()) -> list[str]:
        """The outputs to give, in the asked order, each once; `also` are named where one is none of them.

        Raises OutputUnknown.
        """
        if DECISION in asked and self.threshold is None and self.calibration:
            raise OutputUnknown(
                f"no {DECISION}: the bundle was written without a threshold; train the model again, "
                f"or compare {PROBABILITY} with a threshold of your own"
            )
        if unknown := [name for name in asked if name not in self.names]:
            raise OutputUnknown(f"no such output: {', '.join(unknown)}; there are {', '.join([*self.names, *also])}")
        return list(dict.fromkeys(asked)) or [PROBABILITY]

    def values(self, wanted: Sequence[str], scores: EnsembleScores) -> dict[str, NDArray[Any]]:
        """`[rows]` of each, float64, of `decision` bool; a member that did not answer is left out."""
        found = {name: self._value(name, scores) for name in wanted}
        return {name: values for name, values in found.items() if values is not None}

    def _value(self, name: str, scores: EnsembleScores) -> NDArray[Any] | None:
        if name == PROBABILITY:
            return scores.ensemble
        if name == CALIBRATED and self.calibration is not None:
            return np.interp(scores.ensemble, *self._points)
        if name == DECISION and self.threshold is not None:
            return scores.ensemble >= self.threshold
        return scores.members.get(name.removeprefix(_MEMBER))

    @cached_property
    def _points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        assert self.calibration is not None
        return np.array(self.calibration.scores), np.array(self.calibration.observed)

"""Why a training ended without a registered bundle; each kind has its own exit code.

TrainingError (1)
├── DataUnreadable (2)   the source cannot be opened
├── DataInvalid (2)      the rows break the schema
├── NotDecided (2)       `init` cannot tell what a person has to say
├── GateFailed (3)       the ensemble is not good enough
├── NotComparable (3)    the champion cannot be scored on the rows that judge
├── ChampionUnavailable (4)  MLflow does not give the champion
└── NotPublished (4)     the bundle is on disk, MLflow does not have it
"""

from collections.abc import Sequence

from churn_training.violation import Violation


class TrainingError(Exception):
    """Base of all errors here; its text is meant for the user."""

    exit_code = 1


class DataUnreadable(TrainingError):
    """The data source cannot be opened or is not what its name says."""

    exit_code = 2


class DataInvalid(TrainingError):
    """The data set breaks its schema; carries every violation, and in words what was found instead."""

    exit_code = 2

    def __init__(self, violations: Sequence[Violation], found: str = "") -> None:
        self.violations = tuple(violations)
        lines = [f"  - {line}" for line in [*map(str, violations), *([found] if found else [])]]
        super().__init__("\n".join(["the data set was refused:", *lines]))


class NotDecided(TrainingError):
    """`init` cannot guess something that it needs; its text names the option that says it."""

    exit_code = 2


class GateFailed(TrainingError):
    """The holdout metrics miss the gate of ensemble.yaml."""

    exit_code = 3


class NotComparable(TrainingError):
    """The champion cannot be scored fairly on the rows that judge its challenger."""

    exit_code = 3


class ChampionUnavailable(TrainingError):
    """MLflow does not give the champion, or its bundle must not be used."""

    exit_code = 4


class NotPublished(TrainingError):
    """MLflow did not take the bundle, which stays on disk."""

    exit_code = 4

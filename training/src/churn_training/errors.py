"""Why a training ended without a registered bundle; each kind has its own exit code.

What is wrong with the data is told by `churn_models.errors` (DataError, exit code 2), which table scoring shares.

TrainingError (1)
├── NotDecided (2)       `init` cannot tell what a person has to say
├── SearchImpossible (1)  what the search was asked for cannot be done here
│   └── StudyUnavailable (4)  its storage does not answer; another attempt may end otherwise
├── NotItsOrigin (2)     a report is asked for with another ensemble or data set than the bundle's
├── DataRejected (2)     the rows are valid, and not fit to train on without a person
├── GateFailed (3)       the ensemble is not good enough
│   └── FloorMissed (5)  nor would it be without a champion, and no person asked for it
├── NotComparable (3)    the champion cannot be scored on the rows that judge
├── ChampionUnavailable (4)  MLflow does not give the champion
│   └── ChampionUnusable (3) its bundle is none that can be read here; another attempt would end the same
└── NotPublished (4)     the bundle is on disk, MLflow does not have it
"""

from collections.abc import Sequence

from churn_models.comparison import Comparison


class TrainingError(Exception):
    """Base of all errors here; its text is meant for the user."""

    exit_code = 1


class NotDecided(TrainingError):
    """`init` cannot guess something that it needs; its text names the option that says it."""

    exit_code = 2


class SearchImpossible(TrainingError):
    """What `search` was asked for cannot be done here."""


class StudyUnavailable(SearchImpossible):
    """Where the trials are kept does not answer."""

    exit_code = 4


class NotItsOrigin(TrainingError):
    """What was named beside a bundle is not what it was trained from."""

    exit_code = 2


class DataRejected(TrainingError):
    """The rows are valid, and too unlike those of the champion for a training that no person asked for."""

    exit_code = 2

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("DataRejected: the data are not fit to train on:\n  - " + "\n  - ".join(faults))


class GateFailed(TrainingError):
    """The holdout metrics miss the gate of ensemble.yaml, or those beside the champion's do (`comparison`)."""

    exit_code = 3

    def __init__(self, text: str, comparison: Comparison | None = None) -> None:
        super().__init__(text)
        self.comparison = comparison


class FloorMissed(GateFailed):
    """The first of these, in a training that no person asked for: one of them has to look before another begins."""

    exit_code = 5


class NotComparable(TrainingError):
    """The champion cannot be scored fairly on the rows that judge its challenger."""

    exit_code = 3


class ChampionUnavailable(TrainingError):
    """MLflow does not give the champion."""

    exit_code = 4


class ChampionUnusable(ChampionUnavailable):
    """Its bundle is of another format or must not be used: no Job tries that again."""

    exit_code = 3


class NotPublished(TrainingError):
    """MLflow did not take the bundle, which stays on disk."""

    exit_code = 4

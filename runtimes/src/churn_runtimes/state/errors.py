"""Why the state store does not give or take states.

StateError
├── StateUnavailable    nothing is wrong with what was asked; the same may be possible later
│   ├── StateAway       no connection, or the server is still loading
│   ├── StateSlow       no answer in time; what was asked may have been done
│   ├── StateReadOnly   a replica, or a primary that may not write now
│   └── StateFull       its memory is used up
├── StateDenied         waiting does not help: password, rights, or no server that knows functions
└── StateMoved          a partition is not as this worker left it
"""

from churn_models.errors import ChurnModelsError
from churn_models.exit_code import ExitCode


class StateError(ChurnModelsError):
    """The base of all."""

    exit_code = ExitCode.UNAVAILABLE


class StateUnavailable(StateError):
    """Nothing is wrong with what was asked; the same may be possible later."""


class StateAway(StateUnavailable):
    """No connection, or a server that is still loading."""


class StateSlow(StateUnavailable):
    """No answer in time; what was asked may have been done."""


class StateReadOnly(StateUnavailable):
    """A replica, or a primary that may not write now."""


class StateFull(StateUnavailable):
    """The store's memory is used up, and it gives nothing up by itself."""


class StateDenied(StateError):
    """Waiting does not help: password, rights, address, or a server without functions."""

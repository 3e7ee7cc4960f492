"""What can be wrong with events and states; under ChurnModelsError like every error of this distribution."""

from churn_models.errors import ChurnModelsError
from churn_models.exit_code import ExitCode


class EventInvalid(ChurnModelsError):
    """An event that no state can take; no other attempt makes it a good one."""

    exit_code = ExitCode.DATA_FAULT


class StateForeign(ChurnModelsError):
    """Bytes that are no state of this layout: of other features, or of another program."""

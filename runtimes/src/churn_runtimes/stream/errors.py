"""Why a worker ends by itself. What was read and not answered is read again by the next one."""

from churn_models.errors import ChurnModelsError
from churn_models.exit_code import ExitCode


class ConfigInvalid(ChurnModelsError):
    """The settings cannot be used as they are."""


class StreamUnavailable(ChurnModelsError):
    """Kafka does not give what is needed, and waiting in this process would not help; another start may."""

    exit_code = ExitCode.UNAVAILABLE


class Stopped(Exception):
    """The process was told to end while it waited for Kafka."""

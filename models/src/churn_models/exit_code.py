"""How a container of ours ends, so that the operator judges a pod by a number and not by words.

The serving image's command line ends with them; the operator reads them from a container's status.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The numbers of sysexits.h where it has one; what is none of these is a crash."""

    FAILED = 1  # anything else
    DATA_FAULT = 2  # a table that training or scoring refuses, or columns that no score has
    BUNDLE_FAULT = 65  # EX_DATAERR: this bundle must not be used, here or elsewhere
    UNAVAILABLE = 69  # EX_UNAVAILABLE: MLflow or a member did not give what is needed; no fault of the bundle

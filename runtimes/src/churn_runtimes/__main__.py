"""`python -m churn_runtimes`."""

import os
import sys

from churn_runtimes.exit_by_error import exit_by_error


def main() -> None:
    """The drift sidecar has a command line of its own: what the others import is more than all that it needs."""
    if sys.argv[1:2] == ["drift"]:
        # NumPy's threads would be as many as the node has cores, and each has memory of its own.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from churn_runtimes.drift.command import app  # noqa: PLC0415
    else:
        from churn_runtimes.cli import app  # noqa: PLC0415
    exit_by_error(app)


if __name__ == "__main__":
    main()

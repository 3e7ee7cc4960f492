"""`python -m churn_runtimes.drift`: the sidecar alone, as `python -m churn_runtimes drift` runs it in a child.

What the server's command line imports is more than all that this one needs.
"""

import os
from functools import partial

from churn_runtimes.exit_by_error import exit_by_error


def main() -> None:
    """Run it until SIGTERM."""
    # NumPy's threads would be as many as the node has cores, and each has memory of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from churn_runtimes.drift.command import app  # noqa: PLC0415

    exit_by_error(partial(app, prog_name="python -m churn_runtimes drift"))


if __name__ == "__main__":
    main()

"""`python -m churn_runtimes`."""

import os
import sys


def main() -> None:
    """The drift sidecar's supervisor is on its own: what the other commands import is ten times its size."""
    if sys.argv[1:2] == ["drift"]:
        _watch_for_drift([sys.executable, "-m", "churn_runtimes.drift", *sys.argv[2:]])
    else:
        from churn_runtimes.cli import main as run  # noqa: PLC0415

        run()


def _watch_for_drift(command: list[str]) -> None:
    if "--help" in command:
        os.execv(command[0], command)
    from churn_runtimes.drift.memory_bound import memory_bound  # noqa: PLC0415
    from churn_runtimes.drift.supervisor import supervise  # noqa: PLC0415

    supervise(command, memory_bound())


if __name__ == "__main__":
    main()

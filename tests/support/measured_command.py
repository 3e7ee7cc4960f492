"""What one command of churn_training takes, for the benches and tests of large tables."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Used:
    """Of one command: seconds by the clock and MiB of resident memory at its peak."""

    seconds: float
    rss_mib: float


def run_command(*arguments: str) -> Used:
    """`python -m churn_training` with these arguments. Raises CalledProcessError where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-m", "churn_training", *arguments]
    print("$", *command[1:], flush=True)
    # A process of its own to wait in: its children's peak is that of this command alone.
    waiting = f"import resource, subprocess, sys; code = subprocess.call({command!r}); "
    waiting += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", waiting], env=environment, stderr=subprocess.PIPE, text=True, check=False
    )
    seconds = time.monotonic() - began
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
    used = Used(seconds, int(done.stderr.split()[-1]) / 1024)
    print(f"{used.seconds:.0f} s, {used.rss_mib:.0f} MiB", flush=True)
    return used

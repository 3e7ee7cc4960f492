"""OpenMP's threads sleep while they wait for one another, so that a fit or a score keeps its time beside neighbours.

By default they spin; where other processes want the cores, the one thread that has work waits for those that spin,
and a fit of a tenth of a second takes many. The results are the same to the last digit. The libraries read it when
they are loaded, so whoever imports them calls this first.
"""

import os


def wait_passively() -> None:
    """For this process and its children, unless the environment says otherwise."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")

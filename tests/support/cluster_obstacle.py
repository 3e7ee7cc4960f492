"""Why this machine can have no cluster: asked by the end-to-end tests before they spend minutes on making one."""

import os
import shutil
import subprocess


def cluster_obstacle() -> str | None:
    """What is missing for `make cluster`, in one line; None where nothing is."""
    engine = shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False)
    if not (engine and engine.returncode == 0):
        if os.geteuid() != 0:
            return "no Docker engine answers, and only root can start one"
        if not shutil.which("apt-get"):
            return "no Docker engine answers, and this is no Debian to take one from"
    if not shutil.which("go") and not (shutil.which("kind") and shutil.which("kubectl")):
        return "neither kind and kubectl nor Go to build them with"
    return None

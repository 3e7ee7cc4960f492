"""The load generators that others wrote: wrk for REST from Debian, ghz for gRPC from its Go module."""

import os
import shutil
import subprocess
from pathlib import Path

from churn_training.progress import step
from support.cache import CACHE
from support.debian_package import installed

_GHZ = ("github.com/bojand/ghz/cmd/ghz", "v0.121.0")


def install() -> None:
    """Install what is missing, once. Raises CalledProcessError."""
    if not shutil.which("wrk"):
        with step("install wrk, once"):
            installed("wrk", "wrk")
    if not ghz().exists():
        with step("build ghz, once"):
            go = shutil.which("go") or "/usr/local/go/bin/go"
            environment = {**os.environ, "GOBIN": str(ghz().parent)}
            subprocess.run([go, "install", "@".join(_GHZ)], check=True, env=environment, capture_output=True)


def ghz() -> Path:
    """Where ghz is, once it is installed."""
    return CACHE / "bench" / f"ghz-{_GHZ[1]}" / "ghz"


def versions() -> dict[str, str]:
    """For the record."""
    wrk = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True).stdout.split()[1]
    return {"wrk": wrk, "ghz": _GHZ[1]}

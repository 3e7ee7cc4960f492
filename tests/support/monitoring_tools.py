"""Prometheus, Alertmanager, promtool and amtool: the machine's own, else what install_tools.sh has unpacked."""

import shutil
import subprocess
from pathlib import Path

from support.cache import CACHE

_UNPACKED = CACHE / "monitoring-tools" / "usr" / "bin"


def monitoring_tool(name: str) -> str:
    """The path of the program. Raises CalledProcessError where Debian's packages cannot be had."""
    if found := shutil.which(name):
        return found
    if not (_UNPACKED / name).exists():
        subprocess.run([str(Path(__file__).with_name("install_tools.sh"))], check=True)
    return str(_UNPACKED / name)


def run_tool(name: str, *arguments: str | Path, cwd: Path | None = None) -> tuple[int, str]:
    """Exit code and everything it said."""
    command = [monitoring_tool(name), *map(str, arguments)]
    ended = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    return ended.returncode, ended.stdout

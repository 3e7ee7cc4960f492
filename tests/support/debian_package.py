"""Programs of others that tests run, from Debian where the machine has none."""

import os
import shutil
import subprocess


def installed(program: str, package: str) -> str:
    """The program's path; its package is installed once. Raises CalledProcessError where that fails."""
    if not shutil.which(program):
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*as_root, "apt-get", "update", "-qq"], check=True)
        subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", package], check=True, stdout=subprocess.DEVNULL)
    return shutil.which(program) or program

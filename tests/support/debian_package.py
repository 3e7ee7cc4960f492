"""Programs and libraries of others that tests run, from Debian where the machine has none."""

import os
import shutil
import subprocess
from ctypes.util import find_library


def installed(program: str, package: str) -> str:
    """The program's path; its package is installed once. Raises CalledProcessError where that fails."""
    if not shutil.which(program):
        _install(package)
    return shutil.which(program) or program


def install_library(name: str, package: str) -> None:
    """The same of a shared library, named without lib and ending."""
    if not find_library(name):
        _install(package)


def _install(package: str) -> None:
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*as_root, "apt-get", "update", "-qq"], check=True)
    subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", package], check=True, stdout=subprocess.DEVNULL)

"""Python environments beside the project's own, for clients, tools and the bench's peers, which its lock cannot hold.

Each is made by uv from a list of pins and kept in the user's cache under the hash of that list, so that it is
made once per machine and made anew when a pin changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.cache import CACHE

_ENVIRONMENTS = CACHE / "environments"


def pinned_environment(pins: Path) -> Path:
    """The folder of the environment's programs. Raises CalledProcessError when it cannot be made."""
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = _ENVIRONMENTS / f"{pins.stem}-{digest}"
    if not folder.exists():
        # Made aside and moved, so that a half-made one is never taken for whole; its programs name their interpreter
        # by path, hence --relocatable.
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        uv = shutil.which("uv") or str(Path.home() / ".local/bin/uv")
        subprocess.run([uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, unfinished], check=True)
        python = str(unfinished / "bin/python")
        install = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--python",
            python,
            "--requirements",
            str(pins),
        ]
        subprocess.run(install, check=True)
        unfinished.rename(folder)
    return folder / "bin"

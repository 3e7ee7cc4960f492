"""Python environments beside the project's own, for clients and tools that cannot live in its lock.

Each is made by uv from a list of pins and kept in the user's cache under the hash of that list, so that it is
made once per machine and made anew when a pin changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "churnserve" / "environments"


def client_environment(pins: Path) -> Path:
    """The folder of the environment's programs. Raises CalledProcessError when it cannot be made."""
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = _CACHE / f"{pins.stem}-{digest}"
    if not folder.exists():
        # Made aside and moved, so that a half-made one is never taken for whole; its programs name their interpreter
        # by path, hence --relocatable.
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        uv = shutil.which("uv") or str(Path.home() / ".local/bin/uv")
        subprocess.run([uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, unfinished], check=True)
        python = str(unfinished / "bin/python")
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "--requirements", pins], check=True)
        unfinished.rename(folder)
    return folder / "bin"

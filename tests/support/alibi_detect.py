"""alibi-detect as its image has it: the wheel alone, over the project's own libraries, in a folder of its own.

It is in no lock of ours (its licence is the Business Source License 1.1), so tests put the folder on the path of a
child process. It is made once per machine and version, like `pinned_environment`'s: 2 MB, less than a second.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from support.cache import CACHE

_PINS = Path("runtimes/alibi-detect.txt")


def alibi_detect_folder() -> Path:
    """The folder to import it from. Raises CalledProcessError where it cannot be had."""
    digest = hashlib.sha256(_PINS.read_bytes()).hexdigest()[:16]
    folder = CACHE / "environments" / f"alibi-detect-{digest}"
    if not folder.exists():
        # Made aside and moved, so that a half-made one is never taken for whole.
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        uv = shutil.which("uv") or str(Path.home() / ".local/bin/uv")
        alone = [
            "--no-config",
            "--no-deps",
            "--require-hashes",
            "--python",
            sys.executable,
            "--target",
            str(unfinished),
        ]
        subprocess.run([uv, "pip", "install", "--quiet", *alone, "--requirements", str(_PINS)], check=True)
        unfinished.rename(folder)
    return folder


def with_alibi_detect() -> Mapping[str, str]:
    """The environment of a child process that can import it, and the tests' own support beside it."""
    return {**os.environ, "PYTHONPATH": f"{Path('tests').resolve()}{os.pathsep}{alibi_detect_folder()}"}

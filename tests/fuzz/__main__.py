"""Builds the compiled half with the address and undefined-behaviour sanitizers, and runs `fuzz.tables` with it.

python -m fuzz SECONDS [SEED]. What is built and the seed of a run stay in build/fuzz, out of the tree.
"""

import os
import random
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np

_ROOT = Path(__file__).parents[2]
_SOURCE = _ROOT / "runtimes/src/churn_runtimes/evaluator/_flat_trees.c"
_BUILT = _ROOT / "build/fuzz"
_FLAGS = ["-std=c99", "-O1", "-g", "-fno-omit-frame-pointer", "-ffp-contract=off", "-Wall", "-Wextra"]
_SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def _build() -> Path:
    _BUILT.mkdir(parents=True, exist_ok=True)
    module = _BUILT / f"_flat_trees{sysconfig.get_config_var('EXT_SUFFIX')}"
    headers = [f"-I{np.get_include()}", f"-I{sysconfig.get_path('include')}"]
    command = ["gcc", "-shared", "-fPIC", *_FLAGS, *_SANITIZERS, *headers, str(_SOURCE), "-o", str(module), "-lm"]
    subprocess.run(command, check=True)
    return module


def _runtimes() -> str:
    """The sanitizers' libraries, which have to be loaded before Python."""
    paths = []
    for name in ("libasan.so", "libubsan.so", "libstdc++.so"):
        found = subprocess.run(["gcc", f"-print-file-name={name}"], check=True, capture_output=True, text=True)
        paths.append(found.stdout.strip())
    return " ".join(paths)


def main(seconds: str, seed: str) -> int:
    """The exit code of the run: not 0 after any report of a sanitizer."""
    module = _build()
    print(f"fuzzing for {seconds} s with seed {seed}: python -m fuzz {seconds} {seed} repeats it", flush=True)
    sanitizers = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    environment = os.environ | sanitizers | {"LD_PRELOAD": _runtimes(), "PYTHONMALLOC": "malloc"}
    command = ["nice", sys.executable, "-m", "fuzz.tables", str(module), seconds, seed]
    return subprocess.run(command, check=False, env=environment, cwd=_ROOT / "tests").returncode


if __name__ == "__main__":
    arguments = [*sys.argv[1:], str(random.SystemRandom().randrange(2**32))]
    sys.exit(main(arguments[0], arguments[1]))

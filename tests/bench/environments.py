"""The peers' own Python environments, made once by uv and kept outside the tree under their requirements' digest."""

import hashlib
import os
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from churn_training.progress import step

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "churnserve" / "bench"
_REQUIREMENTS = Path(__file__).parent / "requirements"
_DONE = "installed"


class Environment(StrEnum):
    """One environment; each value names its file of pinned requirements."""

    OURS = "ours"  # the environment that the bench itself runs in
    MLSERVER = "mlserver"
    FASTAPI = "fastapi"
    KSERVE = "kserve"

    @property
    def python(self) -> Path:
        """Its interpreter, once it is installed."""
        return Path(sys.executable) if self is Environment.OURS else self._folder / "bin" / "python"

    @property
    def _requirements(self) -> Path:
        return _REQUIREMENTS / f"{self.value}.txt"

    @property
    def _folder(self) -> Path:
        return CACHE / f"{self.value}-{hashlib.sha256(self._requirements.read_bytes()).hexdigest()[:12]}"

    def install(self) -> None:
        """Make it where it is not there yet. Raises CalledProcessError."""
        if self is Environment.OURS or (self._folder / _DONE).exists():
            return
        with step(f"install the environment {self.value}, once"):
            shutil.rmtree(self._folder, ignore_errors=True)
            _uv("venv", "--python", sys.executable, str(self._folder))
            _uv("pip", "install", "--python", str(self.python), "--compile-bytecode", "-r", str(self._requirements))
            (self._folder / _DONE).touch()

    def versions(self, packages: tuple[str, ...]) -> dict[str, str]:
        """The installed versions of those of the packages that it has."""
        code = "import importlib.metadata as m, sys\nfor d in m.distributions(): print(d.name, d.version)"
        printed = subprocess.run([str(self.python), "-c", code], check=True, capture_output=True, text=True).stdout
        installed = dict(line.split() for line in printed.splitlines())
        return {name: installed[name] for name in packages if name in installed}


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv") or str(Path.home() / ".local" / "bin" / "uv")
    subprocess.run([uv, *arguments, "--quiet"], check=True)

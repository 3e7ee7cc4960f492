"""The peers' own Python environments, each from its file of pinned requirements."""

import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from churn_training.progress import step
from support.pinned_environment import pinned_environment

_REQUIREMENTS = Path(__file__).parent / "requirements"


class Environment(StrEnum):
    """One environment; each value names its file of pinned requirements."""

    OURS = "ours"  # the environment that the bench itself runs in
    MLSERVER = "mlserver"
    FASTAPI = "fastapi"
    KSERVE = "kserve"
    AUTOGLUON = "autogluon"
    FLAML = "flaml"
    QUIX = "quix"

    @property
    def python(self) -> Path:
        """Its interpreter; the environment is made first where it is not there yet. Raises CalledProcessError."""
        if self is Environment.OURS:
            return Path(sys.executable)
        return pinned_environment(_REQUIREMENTS / f"{self.value}.txt") / "python"

    def install(self) -> None:
        """Make it, so that nothing waits for it later. Raises CalledProcessError."""
        if self is not Environment.OURS:
            with step(f"the environment {self.value}, made once"):
                _ = self.python

    def versions(self, packages: tuple[str, ...]) -> dict[str, str]:
        """The installed versions of those of the packages that it has."""
        code = "import importlib.metadata as m, sys\nfor d in m.distributions(): print(d.name, d.version)"
        printed = subprocess.run([str(self.python), "-c", code], check=True, capture_output=True, text=True).stdout
        installed = dict(line.split() for line in printed.splitlines())
        return {name: installed[name] for name in packages if name in installed}


SERVERS = (Environment.OURS, Environment.MLSERVER, Environment.FASTAPI, Environment.KSERVE)
"""Those of `make bench`; the others are of `make bench-lab` and `make bench-stream`."""

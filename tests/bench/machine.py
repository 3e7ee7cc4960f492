"""What the results were measured on, for the record."""

import os
import platform
from pathlib import Path

from bench import generators
from bench.environments import Environment

_TOLD = ("mlserver", "kserve", "fastapi", "onnxruntime", "scikit-learn", "xgboost-cpu", "lightgbm", "numpy")
_TOLD_TOO = ("uvicorn", "httptools", "uvloop", "pydantic", "orjson", "grpcio")


def describe_machine() -> str:
    """Processor, cores, kernel."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, Python {platform.python_version()}"


def describe_versions(environment: Environment) -> str:
    """The packages of an environment that matter for speed."""
    return ", ".join(f"{name} {version}" for name, version in environment.versions(_TOLD + _TOLD_TOO).items())


def describe_generators() -> str:
    """The load generators."""
    return ", ".join(f"{name} {version}" for name, version in generators.versions().items())

"""What a person does to a ChurnModel, by the very line that README shows: tests run it with their own names in it."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from support.kubectl import Kubectl
from support.kubernetes_cluster import Cluster

_README = Path(__file__).parents[2] / "README.md"
_PATCH = "kubectl -n churn patch churnmodel telco --type merge -p "
_YES_TO_VERSION = _PATCH + """'{"spec": {"rollout": {"approve": "7"}}}'"""
_YES_TO_ACTION = _PATCH + """'{"spec": {"loop": {"approve": "retrain-3f2a9c1b0d"}}}'"""
_SECONDS = 60
_PROMOTE = "python -m churn_training promote telco 7"


def say_yes_to_version(kubectl: Kubectl, churn_model: str, version: str) -> None:
    """To a challenger that waits at its last step."""
    kubectl.output(_command(_YES_TO_VERSION, {"telco": churn_model, '"7"': f'"{version}"'}))


def say_yes_to_action(kubectl: Kubectl, churn_model: str, name: str) -> None:
    """To what evidence asks for under Suggest."""
    kubectl.output(_command(_YES_TO_ACTION, {"telco": churn_model, "retrain-3f2a9c1b0d": name}))


def move_champion(cluster: Cluster, model: str, version: str) -> None:
    """Of a registered model."""
    _python, *arguments = _command(_PROMOTE, {"telco": model, "7": version})
    with cluster.mlflow() as address:
        variables = {**os.environ, **cluster.credentials(), "MLFLOW_TRACKING_URI": address}
        subprocess.run([sys.executable, *arguments], env=variables, check=True, timeout=_SECONDS)


def _command(line: str, words: Mapping[str, str]) -> list[str]:
    """With these words in place of those of README's example."""
    assert line in _README.read_text(encoding="utf-8"), f"README does not show: {line}"
    for example, own in words.items():
        line = line.replace(example, own)
    return shlex.split(line)

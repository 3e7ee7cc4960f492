"""A real MLflow with users, as manifests/mlflow starts it, and its users as deploy.sh makes them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import yaml
from churn_models.registry import Registry
from support.free_port import free_port
from support.probe import succeeds
from support.processes import Process

_MLFLOW = Path(__file__).parents[2] / "manifests" / "mlflow"
_SECONDS = 120
_ADMIN = ("admin", "the-admins-password")


class GuardedMlflow:
    """One server with sqlite in a folder; end it with `stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises ProcessFailed."""
        config = (_MLFLOW / "basic_auth.ini").read_text(encoding="utf-8")
        database = f"sqlite:///{self._folder}/auth.db"
        (self._folder / "basic_auth.ini").write_text(
            config.replace("postgresql+psycopg://postgresql/mlflow_auth", database), encoding="utf-8"
        )
        command = [sys.executable, "-m", "mlflow", *self._arguments()]
        self._process = Process(command, self._folder / "mlflow.log", self._environment())
        self._process.wait_until(lambda: succeeds(f"{self.url}/health"), _SECONDS)

    def stop(self) -> None:
        """End it."""
        self._process.stop()

    def make_users(self, users: Mapping[str, str], models: Mapping[str, list[str]]) -> str:
        """Users with their roles, and models given to some of them. Gives what the script printed."""
        described = [
            {"name": name, "password": password(name), "role": role, "models": models.get(name, [])}
            for name, role in users.items()
        ]
        ended = subprocess.run(
            [sys.executable, str(_MLFLOW / "users.py")],
            input=json.dumps(described),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout

    def client(self, user: str) -> httpx.Client:
        """Plain requests as this user."""
        return httpx.Client(base_url=self.url, auth=self._login(user), timeout=60)

    def registry(self, user: str) -> Registry:
        """What init containers and the operator use, as this user."""
        return Registry(self.url, *self._login(user))

    def _login(self, user: str) -> tuple[str, str]:
        return _ADMIN if user == "admin" else (user, password(user))

    def _arguments(self) -> list[str]:
        """The manifest's own, but for places."""
        manifest = yaml.safe_load((_MLFLOW / "deployment.yaml").read_text(encoding="utf-8"))
        places = {
            "--host": "127.0.0.1",
            "--port": self.url.rpartition(":")[2],
            "--backend-store-uri": f"sqlite:///{self._folder}/mlflow.db",
            "--artifacts-destination": str(self._folder / "artifacts"),
        }
        words = [str(word) for word in manifest["spec"]["template"]["spec"]["containers"][0]["args"]]
        return [f"{name}={places[name]}" if (name := word.partition("=")[0]) in places else word for word in words]

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "MLFLOW_AUTH_CONFIG_PATH": str(self._folder / "basic_auth.ini"),
            "MLFLOW_AUTH_ADMIN_USERNAME": _ADMIN[0],
            "MLFLOW_AUTH_ADMIN_PASSWORD": _ADMIN[1],
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "of-the-tests",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "CHURN_MLFLOW": self.url,
        }


def password(user: str) -> str:
    """Of every user but the admin."""
    return f"the-password-of-{user}"

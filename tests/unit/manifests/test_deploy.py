"""The order of `make deploy`, with programs in place of kubectl and docker that note what they are asked for."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[3] / "manifests" / "deploy.sh"

# Keeps Secrets as the API server would, and notes each change of one and each call of users.py, with what it was told.
KUBECTL = """#!{python}
import json, pathlib, re, sys
import yaml

secrets_file, log = pathlib.Path("{folder}/secrets.json"), pathlib.Path("{folder}/log.jsonl")
secrets, words = json.loads(secrets_file.read_text()), sys.argv[1:]

def note(**line):
    with log.open("a") as lines:
        lines.write(json.dumps(line) + chr(10))

if words[0] == "apply":
    for item in yaml.safe_load_all(sys.stdin):
        if item and item["kind"] == "Secret":
            key = item["metadata"]["namespace"] + "/" + item["metadata"]["name"]
            secrets[key] = item["stringData"]
            secrets_file.write_text(json.dumps(secrets))
            note(secret=key, **item["stringData"])
elif "users.py" in words[-1]:
    note(users={{user["name"]: user["password"] for user in json.load(sys.stdin)}})
elif words[2:4] == ["get", "secret"]:
    held = secrets.get(words[1] + "/" + words[4], {{}})
    print(words[4] if words[-1] == "name" and held else held.get(re.search('"(.*)"|$', words[-1])[1], ""), end="")
"""
DOCKER = """#!/bin/sh
[ "$2" != ls ] || echo "churnserve/operator:dev 1MB"
"""
SERVING, TRAINING = "churn/mlflow-credentials", "churn/mlflow-training-credentials"


def test_pods_of_the_release_before_can_log_in_at_every_moment(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({SERVING: {"username": "admin", "password": "of before"}}))
    lines = _deploy(tmp_path)
    users = next(number for number, line in enumerate(lines) if "users" in line)
    assert not {SERVING, TRAINING} & {line.get("secret") for line in lines[:users]}
    written = {line["secret"]: {line["username"]: line["password"]} for line in lines[users + 1 :]}
    passwords = lines[users]["users"]
    assert written == {
        secret: {user: passwords[user]} for secret, user in ((SERVING, "serving-churn"), (TRAINING, "training-churn"))
    }
    again = next(line["users"] for line in reversed(_deploy(tmp_path)) if "users" in line)
    assert again == passwords


def _deploy(folder: Path) -> list[dict[str, Any]]:
    """What was noted of all deploys so far."""
    for name, text in (("kubectl", KUBECTL.format(python=sys.executable, folder=folder)), ("docker", DOCKER)):
        program = folder / name
        program.write_text(text)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    ended = subprocess.run([DEPLOY], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]

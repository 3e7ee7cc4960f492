"""MLflow's REST as far as a fetch needs it, for one bundle on disk: what a bundle is fetched from without an MLflow."""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from support.http_answers import Answer, Answers

MODEL = "small"
SOURCE = f"models:/{MODEL}/1"
_API = "/api/2.0/mlflow"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/root/artifacts/bundle/"


def bundle_registry(folder: Path) -> Answers:
    """A registry whose one version holds the files of `folder`."""
    described = {
        f"{_API}/model-versions/get": {"model_version": {"name": MODEL, "version": "1", "tags": []}},
        f"{_API}/model-versions/get-download-uri": {"artifact_uri": "mlflow-artifacts:/root"},
    }

    def answer(target: str) -> Answer:
        path = unquote(urlsplit(target).path)
        if path in described:
            return Answer(body=json.dumps(described[path]).encode())
        file = folder / path.removeprefix(_ARTIFACTS)
        return Answer(body=file.read_bytes()) if path.startswith(_ARTIFACTS) and file.is_file() else Answer(404)

    return answer

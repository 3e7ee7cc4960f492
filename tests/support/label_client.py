"""Asks the labels' process's routes in this process: no port, and the time is made up."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from churn_runtimes.labels.app import Labels, Store, labels_app
from starlette.testclient import TestClient

TOKEN = "a-token"
PREDICTIONS_TOKEN = "a-token-of-pods"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class LabelClient:
    """`now` may be set."""

    def __init__(self, store: Store, folder: Path, sample: float = 1.0) -> None:
        self.now = EPOCH
        token_file = folder / "token"
        token_file.write_text(TOKEN + "\n")
        predictions_token_file = folder / "predictions-token"
        predictions_token_file.write_text(PREDICTIONS_TOKEN)
        labels = Labels(store, token_file, sample, predictions_token_file, lambda: self.now)
        self._client = TestClient(labels_app(labels))

    def post(self, path: str, body: Any, token: str | None = TOKEN) -> tuple[int, dict[str, Any]]:
        """Status and answer; bytes are sent as they are."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = self._client.post(path, headers=headers, **sent)
        return answer.status_code, answer.json()

    def report(self, model: str, **query: Any) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        answer = self._client.get(f"/v1/reports/{model}", params=query)
        return answer.status_code, answer.json()

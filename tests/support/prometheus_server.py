"""A real Prometheus of the tests' own on this machine: it scrapes what it is told of, and answers PromQL."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml
from support.free_port import free_port
from support.monitoring_tools import monitoring_tool
from support.probe import succeeds
from support.processes import Process

_READY_SECONDS = 60


class PrometheusServer:
    """Start with `with PrometheusServer(folder, jobs) as server`; `jobs` has the target and labels of each job."""

    def __init__(self, folder: Path, jobs: dict[str, tuple[str, dict[str, str]]], honor_labels: bool = False) -> None:
        self._folder = folder
        self._scrapes = [
            {
                "job_name": job,
                "honor_labels": honor_labels,
                "static_configs": [{"targets": [target], "labels": labels}],
            }
            for job, (target, labels) in jobs.items()
        ]
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        file = self._folder / "prometheus.yml"
        file.write_text(yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": self._scrapes}))
        address = self.url.removeprefix("http://")
        command = [monitoring_tool("prometheus"), f"--config.file={file}", f"--web.listen-address={address}"]
        command += [f"--storage.tsdb.path={self._folder / 'data'}"]
        self._process = Process(command, self._folder / "log", {})
        self._process.wait_until(lambda: succeeds(f"{self.url}/-/ready"), _READY_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.stop()

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series that the expression has now."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=15)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

"""DriftReports in memory, as the API server would keep them: for tests of who writes them, and how often."""

from typing import Any

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.kinds import DRIFT_REPORT, Kind
from churn_operator.errors import Denied, NotFound, Unreachable


class DriftReportsApi:
    """Stands in for `ApiServer`."""

    def __init__(self) -> None:
        self.reports: dict[str, Manifest] = {}
        self.writes: list[str] = []
        """Names, by each write of a status."""
        self.is_away = False
        self.refused: set[str] = set()
        """Names whose status it does not take."""

    def _reached(self, kind: Kind) -> None:
        assert kind is DRIFT_REPORT
        if self.is_away:
            raise Unreachable("no answer")

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """One of them."""
        self._reached(kind)
        if name not in self.reports:
            raise NotFound(name)
        return self.reports[name]

    async def list(self, kind: Kind, namespace: str, labels: str) -> list[Manifest]:
        """All of them."""
        self._reached(kind)
        return list(self.reports.values())

    async def apply(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Make it, or change what it is about."""
        self._reached(kind)
        name: str = manifest["metadata"]["name"]
        created = {"creationTimestamp": f"2026-11-28T00:00:{len(self.reports):02}Z"}
        self.reports[name] = {**manifest, "metadata": {**created, **manifest["metadata"]}}
        return self.reports[name]

    async def apply_status(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Its status alone."""
        self._reached(kind)
        name: str = manifest["metadata"]["name"]
        if name not in self.reports:
            raise NotFound(name)
        if name in self.refused:
            raise Denied(name)
        self.writes.append(name)
        self.reports[name] = {**self.reports[name], "status": manifest["status"]}
        return self.reports[name]

    async def delete(self, kind: Kind, live: Manifest) -> None:
        """One of them."""
        self._reached(kind)
        del self.reports[live["metadata"]["name"]]

    def status(self, name: str) -> dict[str, Any]:
        """Of one of them."""
        found: dict[str, Any] = self.reports[name]["status"]
        return found

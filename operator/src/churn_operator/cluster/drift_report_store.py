"""DriftReports in the cluster: what `drift_reports` knows of a revision's traffic, kept for a restart to lose nothing.

One for each revision, named as its record and owned by it, so that it goes when the record goes. Written by
server-side apply, at most once a minute each.
"""

import logging
from collections.abc import Callable
from time import monotonic

from churn_operator.api.drift_report import DriftReportStatus
from churn_operator.api.manifest import Manifest
from churn_operator.api.tolerant import read_tolerantly
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.drift_watch import Told
from churn_operator.cluster.kinds import CONTROLLER_REVISION, DRIFT_REPORT
from churn_operator.decide.drift.report import state_of_report, status_of
from churn_operator.errors import NotFound
from churn_operator.names import MODEL_LABEL, REVISION_LABEL, serving_labels
from churn_operator.queue import Key

_WRITE_SECONDS = 60.0
_KEPT = 5
"""Reports of one ChurnModel: the newest. There are more records than people look back."""

logger = logging.getLogger(__name__)


class DriftReportStore:
    """Of one process."""

    def __init__(self, api: ApiServer, clock: Callable[[], float] = monotonic) -> None:
        self._api, self._clock = api, clock

    async def restore(self, key: Key, told: Told, now: str) -> None:
        """Take over what another operator knew of the revision; nothing where nobody did. Raises ClusterError."""
        try:
            found = await self._api.get(DRIFT_REPORT, key[0], told.record.name)
        except NotFound:
            found = {}
        kept = read_tolerantly(DriftReportStatus, found.get("status") or {})
        told.state = state_of_report(told.record.identifier, told.record.bundle.digest, kept, now)
        told.written = kept if found else None

    async def keep(self, key: Key, told: Told, is_last: bool) -> None:
        """Write what is new, at most once a minute, and at last. Raises ClusterError."""
        now = self._clock()
        if told.state is None or told.owner is None or not (is_last or now - told.written_at >= _WRITE_SECONDS):
            return
        status = status_of(told.state)
        if status == told.written or (told.written is None and not told.state.heard):
            return
        told.written_at = now
        if told.written is None:
            await self._api.apply(DRIFT_REPORT, _manifest(key, told))
            await self._prune(key, told)
        try:
            await self._api.apply_status(DRIFT_REPORT, _manifest(key, told, status))
        except NotFound:
            # Somebody has deleted it: it is made anew the next time.
            told.written = None
            return
        told.written = status

    async def _prune(self, key: Key, told: Told) -> None:
        """What is older than the newest few, once a new one is there."""
        found = await self._api.list(DRIFT_REPORT, key[0], f"{MODEL_LABEL}={key[1]}")
        others = [one for one in found if one["metadata"]["name"] != told.record.name]
        others.sort(key=lambda one: str(one["metadata"].get("creationTimestamp", "")), reverse=True)
        for old in others[_KEPT - 1 :]:
            try:
                await self._api.delete(DRIFT_REPORT, old)
            except NotFound:
                continue
            logger.info("%s/%s: DriftReport %s is deleted", *key, old["metadata"]["name"])


def _manifest(key: Key, told: Told, status: DriftReportStatus | None = None) -> Manifest:
    """To create it, or with its status alone."""
    assert told.owner is not None, "a report needs its owner"
    namespace, model = key
    place = {"name": told.record.name, "namespace": namespace}
    kind = {"apiVersion": DRIFT_REPORT.api_version, "kind": DRIFT_REPORT.kind}
    if status is not None:
        body = status.model_dump(mode="json", by_alias=True)
        return {**kind, "metadata": place, "status": body}
    owner = {
        "apiVersion": CONTROLLER_REVISION.api_version,
        "kind": CONTROLLER_REVISION.kind,
        "name": told.owner["metadata"]["name"],
        "uid": told.owner["metadata"]["uid"],
    }
    labels = serving_labels(model) | {REVISION_LABEL: told.record.identifier}
    metadata = {**place, "labels": labels, "ownerReferences": [owner]}
    return {**kind, "metadata": metadata, "spec": {"model": model, "revision": told.record.identifier}}

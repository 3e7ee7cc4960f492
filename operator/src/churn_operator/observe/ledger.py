"""What the ServiceAccount keeps: digests of the versions whose records were pruned, and where the audit chain ends."""

import json

from churn_operator.api.manifest import Manifest
from churn_operator.names import LEDGER_ANNOTATION, SEGMENT_ANNOTATION


def read_ledger(service_account: Manifest | None) -> dict[str, str]:
    """Digests by version; none where nothing can be read."""
    try:
        told = json.loads(_annotations(service_account).get(LEDGER_ANNOTATION, "{}"))
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {version: digest for version, digest in told.items() if version.isdigit() and isinstance(digest, str)}


def read_segment(service_account: Manifest | None) -> int:
    """The number of the chain's last ConfigMap; 0 where nobody has told."""
    told = _annotations(service_account).get(SEGMENT_ANNOTATION, "")
    return int(told) if told.isascii() and told.isdigit() else 0


def _annotations(service_account: Manifest | None) -> dict[str, str]:
    return ((service_account or {}).get("metadata") or {}).get("annotations") or {}

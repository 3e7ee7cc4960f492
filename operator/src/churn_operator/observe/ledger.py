"""The ledger: the digest of every version whose record was pruned, as it was at first sight."""

import json

from churn_operator.api.manifest import Manifest
from churn_operator.names import LEDGER_ANNOTATION


def read_ledger(service_account: Manifest | None) -> dict[str, str]:
    """Digests by version; none where nothing can be read."""
    annotations = ((service_account or {}).get("metadata") or {}).get("annotations") or {}
    try:
        told = json.loads(annotations.get(LEDGER_ANNOTATION, "{}"))
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {version: digest for version, digest in told.items() if version.isdigit() and isinstance(digest, str)}

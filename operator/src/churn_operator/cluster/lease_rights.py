"""Whether a standby could take the Lease: its Role may lack what only a takeover would need. For /readyz."""

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import LEASE, SELF_SUBJECT_ACCESS_REVIEW
from churn_operator.names import LEASE as LEASE_NAME

_VERBS = ("get", "create", "update")


async def missing_lease_rights(api: ApiServer, namespace: str) -> str | None:
    """What the operator may not do with its Lease, in a sentence; None where it may do all. Raises ClusterError."""
    missing = [verb for verb in _VERBS if not await _may(api, namespace, verb)]
    if not missing:
        return None
    return f"the operator may not {' or '.join(missing)} the Lease {namespace}/{LEASE_NAME}: see its Role"


async def _may(api: ApiServer, namespace: str, verb: str) -> bool:
    group, _, _ = LEASE.api_version.partition("/")
    attributes = {"namespace": namespace, "verb": verb, "group": group, "resource": LEASE.plural, "name": LEASE_NAME}
    if verb == "create":
        # No Role can name what does not exist yet.
        del attributes["name"]
    kind = SELF_SUBJECT_ACCESS_REVIEW
    review: Manifest = {"apiVersion": kind.api_version, "kind": kind.kind, "spec": {"resourceAttributes": attributes}}
    answer = await api.create(kind, "", review)
    return bool(answer["status"]["allowed"])

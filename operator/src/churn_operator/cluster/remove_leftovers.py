"""Remove children that the wanted ones leave over: an autoscaler, and members of revisions that nothing uses."""

import logging

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import BY_NAME, DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER
from churn_operator.decide.observed import Observed
from churn_operator.errors import Conflict, NotFound
from churn_operator.names import COMPONENT_LABEL, REVISION_LABEL, Component
from churn_operator.observe.ownership import owned_by

logger = logging.getLogger(__name__)


async def remove_leftovers(api: ApiServer, observed: Observed, wanted: list[Manifest], kept: frozenset[str]) -> None:
    """Delete ours alone, each only as it was seen; `kept` are revisions whose members stay. Raises ClusterError."""
    names = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in wanted}
    for key, live in observed.children.items():
        if key in names or not owned_by(live, observed.model) or not _is_left_over(observed, live, names, kept):
            continue
        logger.info("%s/%s: remove %s/%s", observed.model.namespace, observed.model.name, *key)
        try:
            await api.delete(BY_NAME[key[0]], live)
        except (NotFound, Conflict):
            logger.info("%s/%s changed while it was to be removed; the next reconcile looks again", *key)


def _is_left_over(observed: Observed, live: Manifest, names: set[tuple[str, str]], kept: frozenset[str]) -> bool:
    if live["kind"] == HORIZONTAL_POD_AUTOSCALER.kind:
        return (DEPLOYMENT.kind, observed.model.name) in names
    labels = live["metadata"]["labels"]
    if labels.get(COMPONENT_LABEL) != Component.MEMBER:
        return False
    if revision := labels.get(REVISION_LABEL):
        return revision not in kept
    # What all members share goes with the last of them.
    return not kept & observed.members.keys()

"""Remove the children that nothing wants any more: ours − wanted − kept, for every kind alike."""

import logging

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.kinds import BY_NAME, CONTROLLER_REVISION
from churn_operator.decide.observed import Observed
from churn_operator.decide.plan import Plan
from churn_operator.errors import Conflict, NotFound
from churn_operator.names import COMPONENT_LABEL, REVISION_LABEL, Component
from churn_operator.observe.ownership import owned_by
from churn_operator.observe.read_records import read_record

logger = logging.getLogger(__name__)


async def prune(api: ApiServer, observed: Observed, wanted: list[Manifest], plan: Plan) -> None:
    """Delete ours alone, each only as it was seen. Raises ClusterError."""
    names = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in wanted}
    for key, live in observed.children.items():
        if key in names or not owned_by(live, observed.model) or is_kept(live, plan):
            continue
        logger.info("%s/%s: remove %s/%s", observed.model.namespace, observed.model.name, *key)
        try:
            await api.delete(BY_NAME[key[0]], live)
        except (NotFound, Conflict):
            logger.info("%s/%s changed while it was to be removed; the next reconcile looks again", *key)


def is_kept(live: Manifest, plan: Plan) -> bool:
    """Whether a child that is not wanted stays all the same."""
    labels = live["metadata"].get("labels") or {}
    component, revision = labels.get(COMPONENT_LABEL), labels.get(REVISION_LABEL)
    if component == Component.TRAINING:
        # A Job that has ended is the record of an attempt; it goes by its own time to live.
        return True
    if component == Component.BATCH:
        return plan.keeps_batch
    if component == Component.STREAM:
        return plan.keeps_stream and plan.stream is None
    if live["kind"] == CONTROLLER_REVISION.kind:
        # One that is not understood is of a version of the operator that may come back.
        return read_record(live) is None
    # While the Deployment is left as it is, nothing is decided of what belongs to it.
    if component == Component.MEMBER:
        return revision in plan.kept if revision else bool(plan.members) or plan.serving is None
    return plan.serving is None

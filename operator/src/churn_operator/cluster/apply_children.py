"""Make the cluster hold the wanted children: write what differs, leave strangers alone."""

import logging

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.api_server import ApiServer, denial_of
from churn_operator.cluster.kinds import BY_NAME, DEPLOYMENT, STATEFUL_SET
from churn_operator.decide.observed import Observed
from churn_operator.errors import Denied, NotFound
from churn_operator.names import COMPONENT_LABEL, FIELD_MANAGER, Component
from churn_operator.observe.difference import first_difference, with_hash, with_what_cannot_change
from churn_operator.observe.ownership import owned_by
from churn_operator.observe.write_result import Denial, WriteResult

logger = logging.getLogger(__name__)

_APART = (Component.BATCH, Component.STREAM)
"""What serves needs nothing of these."""


async def apply_children(api: ApiServer, observed: Observed, wanted: list[Manifest]) -> WriteResult:
    """Write in the given order, up to the first denial; names that belong to somebody else are left alone.

    A denial of what is spec.batch's or spec.stream's alone ends that part alone: a CronJob is not written where its
    NetworkPolicy is denied.
    Raises ClusterError, except Denied; the next reconcile goes on where this one stopped.
    """
    conflicts: list[str] = []
    apart: dict[Component, Denial] = {}
    for manifest in map(with_hash, wanted):
        part = _part(manifest)
        if part in apart:
            continue
        try:
            live = await _live(api, observed, manifest)
            if live and not owned_by(live, observed.model):
                conflicts.append(_label(manifest))
            else:
                await _apply(api, observed, manifest, live)
        except Denied as error:
            if part is None:
                return WriteResult(tuple(conflicts), denial_of(error), apart)
            logger.warning("%s/%s: %s", observed.model.namespace, observed.model.name, error)
            apart[part] = denial_of(error)
    return WriteResult(tuple(conflicts), apart=apart)


def _part(manifest: Manifest) -> Component | None:
    component = manifest["metadata"].get("labels", {}).get(COMPONENT_LABEL)
    return next((part for part in _APART if part == component), None)


async def _apply(api: ApiServer, observed: Observed, manifest: Manifest, live: Manifest | None) -> None:
    manifest = with_what_cannot_change(manifest, live) if live else manifest
    place = first_difference(manifest, live) if live else "it is missing"
    if not place:
        return
    logger.info("%s/%s: apply %s (%s)", observed.model.namespace, observed.model.name, _label(manifest), place)
    if live and gives_replicas_up(manifest, live):
        await _keep_replicas(api, live)
    await api.apply(BY_NAME[manifest["kind"]], manifest)


def _label(manifest: Manifest) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


async def _live(api: ApiServer, observed: Observed, manifest: Manifest) -> Manifest | None:
    key = (manifest["kind"], manifest["metadata"]["name"])
    if found := observed.children.get(key):
        return found
    # Not among the labelled ones: it may be missing, or a stranger of this name without our label.
    try:
        return await api.get(BY_NAME[key[0]], observed.model.namespace, key[1])
    except NotFound:
        return None


def gives_replicas_up(manifest: Manifest, live: Manifest) -> bool:
    """Whether an HPA or KEDA shall set the replicas that we have set until now."""
    if manifest["kind"] not in (DEPLOYMENT.kind, STATEFUL_SET.kind) or "replicas" in manifest["spec"]:
        return False
    ours = (entry for entry in live["metadata"].get("managedFields", []) if entry["manager"] == FIELD_MANAGER)
    return any("f:replicas" in entry.get("fieldsV1", {}).get("f:spec", {}) for entry in ours)


async def _keep_replicas(api: ApiServer, live: Manifest) -> None:
    # A field that its only manager no longer sends falls back to its default, here to one pod. So another
    # manager gets it first; the HPA takes it over from that one.
    metadata = {"name": live["metadata"]["name"], "namespace": live["metadata"]["namespace"]}
    kept = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
    replicas = {"spec": {"replicas": live["spec"]["replicas"]}}
    await api.apply(BY_NAME[live["kind"]], {**kept, **replicas}, f"{FIELD_MANAGER}-replicas")

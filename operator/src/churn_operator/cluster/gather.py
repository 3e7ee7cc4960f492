"""Read the world of one ChurnModel into one `Observed`; nothing after this reads the cluster."""

import asyncio

from churn_operator.api.churn_model import ChurnModel
from churn_operator.build.children import Settings
from churn_operator.build.manifest import Manifest
from churn_operator.build.training_job import job_name
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.held_up import find_hold_up, find_refused_pod
from churn_operator.cluster.kinds import CHILD_KINDS, EVENT, POD
from churn_operator.cluster.model_registry import ModelRegistry
from churn_operator.cluster.ownership import owned_by
from churn_operator.cluster.pod_failure import find_failure, is_ready
from churn_operator.cluster.progress_deadline import deadline_exceeded, lateness
from churn_operator.decide.observed import Deployed, Observed, TrainingJob
from churn_operator.decide.revision import Revision
from churn_operator.names import MEMBER_LABEL, MODEL_LABEL, REVISION_LABEL, TRACK_LABEL

Children = dict[tuple[str, str], Manifest]


async def gather(api: ApiServer, registry: ModelRegistry, model: ChurnModel, settings: Settings) -> Observed:
    """Everything that a decision about this ChurnModel may need. Raises ClusterError."""
    labels = f"{MODEL_LABEL}={model.name}"
    *listed, pods = await asyncio.gather(
        *(api.list(kind, model.namespace, labels) for kind in CHILD_KINDS), api.list(POD, model.namespace, labels)
    )
    children = {(item["kind"], item["metadata"]["name"]): item for items in listed for item in items}
    owned = {key: child for key, child in children.items() if owned_by(child, model)}
    revisions = _revisions(owned)
    serving_pods = [pod for pod in pods if TRACK_LABEL in pod["metadata"]["labels"]]
    now = utc_now()
    return Observed(
        model=model,
        target=await registry.find_target(model.spec.model, list(revisions.values())),
        revisions=revisions,
        deployed=_serving(owned.get(("Deployment", model.name)), serving_pods, now),
        members=_members(owned, pods, now),
        answering=frozenset(pod["metadata"]["labels"].get(REVISION_LABEL, "") for pod in serving_pods),
        training=await _training_job(api, model, owned, pods),
        children=children,
        serving_image=settings.serving_image,
        now=now,
    )


def _revisions(owned: Children) -> dict[str, Revision]:
    found = (Revision.from_data(child["data"]) for (kind, _), child in owned.items() if kind == "ControllerRevision")
    return {revision.identifier: revision for revision in found}


def _serving(deployment: Manifest | None, pods: list[Manifest], now: str) -> Deployed | None:
    return _deployed(deployment, pods, now) if deployment else None


def _members(owned: Children, pods: list[Manifest], now: str) -> dict[str, dict[str, Deployed]]:
    found: dict[str, dict[str, Deployed]] = {}
    for (kind, _), child in owned.items():
        member = child["metadata"]["labels"].get(MEMBER_LABEL)
        if kind == "Deployment" and member:
            ours = [pod for pod in pods if pod["metadata"]["labels"].get(MEMBER_LABEL) == member]
            seen = _deployed(child, ours, now)
            found.setdefault(seen.revision, {})[member] = seen
    return found


def _deployed(deployment: Manifest, pods: list[Manifest], now: str) -> Deployed:
    revision = deployment["spec"]["template"]["metadata"]["labels"].get(REVISION_LABEL, "")
    ours = [pod for pod in pods if pod["metadata"].get("labels", {}).get(REVISION_LABEL) == revision]
    late = deadline_exceeded(deployment, ours, now) if _is_current(deployment) else None
    return Deployed(
        revision=revision,
        rolled_out=_is_rolled_out(deployment),
        alone=_is_alone(deployment),
        ready_pods=sum(map(is_ready, ours)),
        failure=find_failure(ours) or late,
        held_up=find_hold_up(deployment, ours),
        overdue=lateness(deployment) is not None,
    )


def _is_rolled_out(deployment: Manifest) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    return _is_current(deployment) and wanted > 0 and all(count == wanted for count in counts)


def _is_alone(deployment: Manifest) -> bool:
    status = deployment.get("status", {})
    return _is_current(deployment) and status.get("updatedReplicas", 0) == status.get("replicas", 0)


def _is_current(deployment: Manifest) -> bool:
    seen: int = deployment.get("status", {}).get("observedGeneration", 0)
    wanted: int = deployment["metadata"]["generation"]
    return seen >= wanted


async def _training_job(api: ApiServer, model: ChurnModel, owned: Children, pods: list[Manifest]) -> TrainingJob | None:
    if model.spec.training is None:
        return None
    name = job_name(model, model.spec.training)
    job = owned.get(("Job", name))
    if job is None:
        return None
    ours = [pod for pod in pods if pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name") == name]
    ends = {item["type"]: item for item in job.get("status", {}).get("conditions", []) if item["status"] == "True"}
    failed = ends.get("Failed")
    message = (_last_words(ours) or failed.get("message", "")) if failed else ""
    return TrainingJob(
        finished=bool(failed) or "Complete" in ends,
        failed=bool(failed),
        message=message,
        held_up=None if ends else await _job_hold_up(api, job, ours),
        podless=not ends and not ours,
    )


async def _job_hold_up(api: ApiServer, job: Manifest, pods: list[Manifest]) -> str | None:
    if pods:
        return find_hold_up(job, pods)
    events = await api.list(EVENT, job["metadata"]["namespace"], fields=f"involvedObject.uid={job['metadata']['uid']}")
    return find_refused_pod(events)


def _last_words(pods: list[Manifest]) -> str:
    for pod in pods:
        for status in pod.get("status", {}).get("containerStatuses", []):
            if message := status.get("state", {}).get("terminated", {}).get("message"):
                return str(message).strip()
    return ""

"""Read the world of one ChurnModel into one `Observed`; nothing after this reads the cluster."""

import asyncio
from dataclasses import replace

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children import search_job, training_job
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.keda import Keda
from churn_operator.cluster.kinds import CHILD_KINDS, EVENT, POD
from churn_operator.cluster.registry_watch import RegistryWatch
from churn_operator.decide.observed import Observed
from churn_operator.decide.target import challenger_of
from churn_operator.names import (
    MEMBER_LABEL,
    MODEL_LABEL,
    REVISION_LABEL,
    TRACK_LABEL,
    Track,
    batch_name,
    candidate_name,
    retraining_job_name,
    stream_name,
)
from churn_operator.observe.batch import BatchRuns, jobs_of_batch, pods_of_job, read_batch_runs
from churn_operator.observe.deployed import Deployed, read_deployment
from churn_operator.observe.ledger import read_ledger, read_segment
from churn_operator.observe.live_templates import live_templates
from churn_operator.observe.ownership import made_by, owned_by
from churn_operator.observe.pod_answer import read_pods
from churn_operator.observe.pod_failure import has_ended, is_ready
from churn_operator.observe.read_records import read_records
from churn_operator.observe.record import Bundle, Record
from churn_operator.observe.search import SearchJob
from churn_operator.observe.sidecar_pod import PodKind, SidecarPod, read_sidecar_pods
from churn_operator.observe.stream import StreamWorkers, read_stream, workers_of
from churn_operator.observe.training import TrainingJob, read_training_job, waits_for_a_pod
from churn_operator.queue import Key
from churn_operator.settings import Settings

Children = dict[tuple[str, str], Manifest]


async def gather(
    api: ApiServer, registry: RegistryWatch, keda: Keda, writer: Key | None, model: ChurnModel, settings: Settings
) -> Observed | None:
    """Everything that a decision about this ChurnModel may need. Raises ClusterError.

    `writer` is the ChurnModel that writes the aliases of its registered model; None: it is not known yet.

    None where MLflow has yet to say what is wanted: the ChurnModel is enqueued then.
    """
    labels = f"{MODEL_LABEL}={model.name}"
    *listed, found = await asyncio.gather(
        *(api.list(kind, model.namespace, labels) for kind in CHILD_KINDS), api.list(POD, model.namespace, labels)
    )
    scaled = await keda.scaled_objects(model.namespace, labels)
    children = {(item["kind"], item["metadata"]["name"]): item for items in (*listed, scaled or ()) for item in items}
    owned = {key: child for key, child in children.items() if owned_by(child, model)}
    pods = [pod for pod in found if not has_ended(pod)]
    serving_pods = _on(pods, Track.STABLE)
    templates = live_templates(model.name, _of_kind(owned, "Deployment"))
    records = read_records(_of_kind(owned, "ControllerRevision"), templates, model.status)
    stateful_set = owned.get(("StatefulSet", stream_name(model.name)))
    workers = workers_of(stateful_set, pods) if stateful_set else []
    account, now = owned.get(("ServiceAccount", model.name)), utc_now()
    ledger = read_ledger(account)
    known = _known_bundles(model, records, ledger)
    key = (model.namespace, model.name)
    if (target := registry.find_target(key, model.spec.model, known)) is None:
        return None
    source = challenger_of(model.spec) if writer == key else None
    return Observed(
        model=model,
        target=target,
        records=records,
        deployed=_serving(owned.get(("Deployment", model.name)), serving_pods, now),
        verifier=_serving(owned.get(("Deployment", candidate_name(model.name))), _on(pods, Track.CANDIDATE), now),
        pods=read_pods(model.name, pods),
        sidecars=_sidecars(model, serving_pods, workers),
        members=_members(owned, pods, now),
        answering=frozenset(pod["metadata"]["labels"].get(REVISION_LABEL, "") for pod in serving_pods),
        ready_pods=sum(map(is_ready, serving_pods)),
        training=_told_in_time(registry, model, await _training_job(api, model, owned, found, now)),
        search=await _search_job(api, model, owned, found, now),
        retrainings=_retrainings(model, owned, found, now),
        batch=await _batch_runs(api, owned.get(("CronJob", batch_name(model.name))), children, found),
        stream=await _stream_workers(api, stateful_set, workers),
        has_keda=scaled is not None,
        children=children,
        serving_image=settings.serving_image,
        drift_image=settings.drift_image,
        labels_url=settings.labels_url,
        pod_defaults=settings.installation.pod,
        credential_hosts=settings.installation.credential_hosts,
        now=now,
        ledger=ledger,
        segment=read_segment(account),
        templates=templates,
        challenger=registry.find_challenger(key, source, known),
        alias_writer=writer,
    )


def _on(pods: list[Manifest], track: Track) -> list[Manifest]:
    return [pod for pod in pods if pod["metadata"]["labels"].get(TRACK_LABEL) == track]


def _of_kind(owned: Children, wanted: str) -> list[Manifest]:
    return [child for (kind, _), child in owned.items() if kind == wanted]


def _known_bundles(model: ChurnModel, records: dict[str, Record], ledger: dict[str, str]) -> list[Bundle]:
    """What was recorded at first sight, and is believed before MLflow."""
    pruned = [Bundle(model.spec.model.name, version, digest) for version, digest in ledger.items()]
    return [*(record.bundle for record in records.values()), *pruned]


def _serving(deployment: Manifest | None, pods: list[Manifest], now: str) -> Deployed | None:
    """By the pods that it has made: what a stranger with copied labels does says nothing about a revision."""
    if deployment is None:
        return None
    return read_deployment(deployment, [pod for pod in pods if made_by(pod, deployment["metadata"]["name"])], now)


def _sidecars(model: ChurnModel, serving_pods: list[Manifest], workers: list[Manifest]) -> tuple[SidecarPod, ...]:
    """Of pods of ours alone: what others count is not this revision's."""
    servers = [pod for pod in serving_pods if made_by(pod, model.name)]
    return (*read_sidecar_pods(servers, PodKind.SERVER), *read_sidecar_pods(workers, PodKind.WORKER))


def _members(owned: Children, pods: list[Manifest], now: str) -> dict[str, dict[str, Deployed]]:
    found: dict[str, dict[str, Deployed]] = {}
    for child in _of_kind(owned, "Deployment"):
        if member := child["metadata"]["labels"].get(MEMBER_LABEL):
            ours = [pod for pod in pods if made_by(pod, child["metadata"]["name"])]
            seen = read_deployment(child, ours, now)
            found.setdefault(seen.revision, {})[member] = seen
    return found


def _told_in_time(registry: RegistryWatch, model: ChurnModel, job: TrainingJob | None) -> TrainingJob | None:
    """The Job, and whether MLflow has been asked since it ended; if not, it is asked now."""
    if job is None or job.ended is None:
        return job
    source = model.spec.model
    return replace(job, awaits_mlflow=not registry.is_asked_since(job.ended, (model.namespace, model.name), source))


async def _training_job(
    api: ApiServer, model: ChurnModel, owned: Children, pods: list[Manifest], now: str
) -> TrainingJob | None:
    if model.spec.training is None:
        return None
    return await _read_job(api, owned.get(("Job", training_job.job_name(model, model.spec.training))), pods, now)


async def _search_job(
    api: ApiServer, model: ChurnModel, owned: Children, pods: list[Manifest], now: str
) -> SearchJob | None:
    training = model.spec.training
    if training is None or training.storage is None:
        return None
    name, study = search_job.job_name(model, training), training_job.study_of(model, training)
    job = await _read_job(api, owned.get(("Job", name)), pods, now)
    return SearchJob(name, study, job) if job else None


async def _read_job(api: ApiServer, job: Manifest | None, pods: list[Manifest], now: str) -> TrainingJob | None:
    if job is None:
        return None
    ours = pods_of_job(job, pods)
    return read_training_job(job, ours, await _why_no_pod(api, job, ours), now)


def _retrainings(model: ChurnModel, owned: Children, pods: list[Manifest], now: str) -> dict[str, TrainingJob]:
    begins = retraining_job_name(model.name, "retrain-")
    jobs = [job for job in _of_kind(owned, "Job") if job["metadata"]["name"].startswith(begins)]
    return {
        job["metadata"]["name"].removeprefix(f"{model.name}-"): read_training_job(job, pods_of_job(job, pods), [], now)
        for job in jobs
    }


async def _batch_runs(api: ApiServer, cron_job: Manifest | None, children: Children, pods: list[Manifest]) -> BatchRuns:
    jobs = jobs_of_batch(cron_job, _of_kind(children, "Job"))
    events = await _why_no_pod(api, jobs[0], pods_of_job(jobs[0], pods)) if jobs else []
    return read_batch_runs(jobs, pods, events)


async def _stream_workers(
    api: ApiServer, stateful_set: Manifest | None, workers: list[Manifest]
) -> StreamWorkers | None:
    if stateful_set is None:
        return None
    lacks = len(workers) < stateful_set["spec"].get("replicas", 1)
    return read_stream(stateful_set, workers, await _events_about(api, stateful_set) if lacks else [])


async def _why_no_pod(api: ApiServer, job: Manifest, pods: list[Manifest]) -> list[Manifest]:
    """The Events about a Job that waits for one."""
    if not waits_for_a_pod(job, pods):
        return []
    return await _events_about(api, job)


async def _events_about(api: ApiServer, workload: Manifest) -> list[Manifest]:
    metadata = workload["metadata"]
    return await api.list(EVENT, metadata["namespace"], fields=f"involvedObject.uid={metadata['uid']}")

"""Every child that a plan asks for, in the order of applying: what others need comes first."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.training import Training
from churn_operator.children.batch_cron_job import build_batch_cron_job
from churn_operator.children.batch_network_policy import build_batch_network_policy
from churn_operator.children.controller_revision import build_controller_revision
from churn_operator.children.deployment import build_deployment
from churn_operator.children.horizontal_pod_autoscaler import build_horizontal_pod_autoscaler
from churn_operator.children.members import build_members
from churn_operator.children.network_policy import build_network_policy
from churn_operator.children.peers_service import build_peers_service
from churn_operator.children.pod_disruption_budget import build_pod_disruption_budget
from churn_operator.children.retraining_job import build_retraining_job
from churn_operator.children.search_job import build_search_job
from churn_operator.children.service import build_service
from churn_operator.children.service_account import build_service_account
from churn_operator.children.stream import build_stream
from churn_operator.children.templates import with_templates
from churn_operator.children.training_job import build_training_job
from churn_operator.children.training_network_policy import build_training_network_policy
from churn_operator.children.verifier import build_verifier
from churn_operator.decide.plan import Plan
from churn_operator.settings import Settings


def build_children(model: ChurnModel, plan: Plan, settings: Settings) -> list[Manifest]:
    """Children to apply; of ours, what is neither here nor kept by the plan is removed."""
    needed = {record.identifier for record in (plan.run, plan.serving, plan.verifier, *plan.members) if record}
    records = {
        record.identifier: with_templates(model, record, settings) if record.identifier in needed else record
        for record in plan.records
    }
    children: list[Manifest | None] = [build_service_account(model, plan.ledger, plan.segment)]
    if model.spec.training:
        children += _training(model, model.spec.training, plan, settings)
    children += [build_controller_revision(model, record) for record in records.values()]
    if plan.run:
        children += [
            build_network_policy(model, settings, bool(plan.members), [one.configuration for one in plan.records]),
            build_service(model),
            build_peers_service(model),
        ]
    children += build_members(model, [records[record.identifier] for record in plan.members], settings)
    if plan.serving:
        children += [
            build_deployment(model, records[plan.serving.identifier], plan.stops_rollout),
            build_horizontal_pod_autoscaler(model),
            build_pod_disruption_budget(model),
        ]
    if plan.verifier:
        children.append(build_verifier(model, records[plan.verifier.identifier]))
    if plan.batch and model.spec.batch:
        children += [
            build_batch_network_policy(model, model.spec.batch, settings),
            build_batch_cron_job(model, model.spec.batch, plan.batch, settings),
        ]
    if plan.stream and model.spec.stream:
        children += build_stream(model, model.spec.stream, plan, plan.stream, settings)
    return [child for child in children if child]


def _training(model: ChurnModel, training: Training, plan: Plan, settings: Settings) -> list[Manifest]:
    jobs = []
    if plan.search and training.search:
        jobs.append(build_search_job(model, training, training.search, settings))
    if plan.train:
        jobs.append(build_training_job(model, training, settings))
    if plan.retraining:
        jobs.append(build_retraining_job(model, training, plan.retraining, plan.unfit, settings))
    return [build_training_network_policy(model, training, settings), *jobs] if jobs else []

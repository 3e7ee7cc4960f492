"""Every child that a verdict asks for, in the order of applying: what others need comes first."""

from dataclasses import dataclass

from churn_operator.api.churn_model import ChurnModel
from churn_operator.build.controller_revision import build_controller_revision
from churn_operator.build.deployment import build_deployment
from churn_operator.build.horizontal_pod_autoscaler import build_horizontal_pod_autoscaler
from churn_operator.build.manifest import Manifest
from churn_operator.build.members import build_members
from churn_operator.build.network_policy import build_network_policy
from churn_operator.build.pod_disruption_budget import build_pod_disruption_budget
from churn_operator.build.service import build_service
from churn_operator.build.service_account import build_service_account
from churn_operator.build.training_job import build_training_job
from churn_operator.decide.rollout_plan import RolloutPlan


@dataclass(frozen=True)
class Settings:
    """What the operator is told once, by its environment."""

    serving_image: str
    training_image: str
    tracking_uri: str
    system_namespace: str


def build_children(model: ChurnModel, plan: RolloutPlan, train: bool, settings: Settings) -> list[Manifest]:
    """Children to apply. Recorded revisions are kept, so only the one that shall run is listed."""
    children: list[Manifest | None] = [build_service_account(model)]
    if train and model.spec.training:
        job = build_training_job(model, model.spec.training, settings.training_image, settings.tracking_uri)
        children.append(job)
    if plan.record:
        children += [
            build_controller_revision(model, plan.record),
            build_network_policy(model, settings.system_namespace, bool(plan.members)),
            build_service(model),
        ]
    children += build_members(model, plan.members, settings.tracking_uri, settings.system_namespace)
    if plan.serving:
        children += [
            build_deployment(model, plan.serving, settings.tracking_uri),
            build_horizontal_pod_autoscaler(model),
            build_pod_disruption_budget(model),
        ]
    return [child for child in children if child]

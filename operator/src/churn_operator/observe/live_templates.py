"""The pod templates that Deployments run now: what records from before templates were kept are completed with."""

from collections.abc import Iterable

from churn_operator.api.manifest import Manifest
from churn_operator.names import MEMBER_LABEL
from churn_operator.observe.deployed import template_revision
from churn_operator.observe.record import Templates


def live_templates(model: str, deployments: Iterable[Manifest]) -> dict[str, Templates]:
    """By revision, as they are: applying one of them again changes no pod. `model` is the ChurnModel's name."""
    serving: dict[str, Manifest] = {}
    members: dict[str, dict[str, Manifest]] = {}
    for deployment in deployments:
        metadata, template = deployment["metadata"], _without_nulls(deployment["spec"]["template"])
        revision = template_revision(deployment)
        if member := metadata["labels"].get(MEMBER_LABEL):
            members.setdefault(revision, {})[member] = template
        elif metadata["name"] == model:
            serving[revision] = template
    return {name: Templates(serving.get(name), members.get(name, {})) for name in serving.keys() | members.keys()}


def _without_nulls(template: Manifest) -> Manifest:
    metadata = {key: value for key, value in template["metadata"].items() if value is not None}
    return {**template, "metadata": metadata}

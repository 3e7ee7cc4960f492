"""The pod template of the serving pods of one revision."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.quantities import milliseconds
from churn_operator.children.rolling_deployment import PodSet, pod_template
from churn_operator.children.serving_pod import server_container
from churn_operator.children.state_login import login_arguments, login_mounts, login_volumes
from churn_operator.names import (
    GRPC_PORT,
    REVISION_LABEL,
    STATE_NAME_VARIABLE,
    STATE_VARIABLE,
    TRACK_LABEL,
    TRAFFIC_URL_VARIABLE,
    Track,
    member_name,
    serving_labels,
    stable_selector,
    state_name,
    traffic_url,
)
from churn_operator.observe.record import Record
from churn_operator.settings import Settings


def serving_template(model: ChurnModel, record: Record, settings: Settings) -> Manifest:
    """For its record."""
    extra_arguments = ["--model-version", record.bundle.version, *_remote_members(model.name, record)]
    extra_arguments += ["--strict"] if record.configuration.strict else []
    state = record.configuration.state
    extra_arguments += login_arguments(state)
    server = server_container(model.name, record, record.configuration.resources, extra_arguments)
    # A variable is ignored by a server from before there were candidates, an argument would end it.
    url = traffic_url(settings.system_namespace, model.namespace, model.name)
    server["env"] = [*server["env"], {"name": TRAFFIC_URL_VARIABLE, "value": url}]
    if state:
        server["env"] += [
            {"name": STATE_VARIABLE, "value": state.url},
            {"name": STATE_NAME_VARIABLE, "value": state_name(model.namespace, model.name)},
        ]
    server["volumeMounts"] = [*server["volumeMounts"], *login_mounts(state)]
    template = pod_template(model, record, serving_pods(model, record), server, settings)
    pod = template["spec"]
    return {**template, "spec": {**pod, "volumes": [*pod["volumes"], *login_volumes(state)]}}


def serving_pods(model: ChurnModel, record: Record) -> PodSet:
    """What tells the serving pods from others."""
    labels = serving_labels(model.name)
    return PodSet(
        name=model.name,
        labels=labels,
        pod_labels=labels | {TRACK_LABEL: Track.STABLE.value, REVISION_LABEL: record.identifier},
        selector=stable_selector(model.name),
    )


def _remote_members(model: str, record: Record) -> list[str]:
    fan_out = record.configuration.fan_out
    if fan_out is None:
        return []
    words = []
    for member in record.bundle.members:
        words += ["--remote-member", f"{member}={member_name(model, member, record.identifier)}:{GRPC_PORT}"]
    words += ["--member-deadline-ms", str(milliseconds(fan_out.deadline))]
    return words if fan_out.quorum is None else [*words, "--quorum", str(fan_out.quorum)]

"""The last step of every pod template: what the installation and spec.pod ask of it.

What is ours in the template (labels, annotations, variables) is never replaced.
"""

from collections.abc import Mapping
from typing import Any

from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.settings import Settings

_AS_IN_A_POD = (
    "nodeSelector",
    "tolerations",
    "affinity",
    "priorityClassName",
    "runtimeClassName",
    "serviceAccountName",
    "imagePullSecrets",
)


def finished(
    template: Manifest, options: PodOptions, settings: Settings, selector: Mapping[str, str] | None = None
) -> Manifest:
    """The template with these options; `selector` names the pods that spread (None: a Job's, which do not)."""
    asked = options.model_dump(mode="json", by_alias=True, exclude_none=True)
    spec = {**template["spec"], **{name: asked[name] for name in _AS_IN_A_POD if name in asked}}
    spec["securityContext"] = {**spec["securityContext"], **_user(settings.installation.run_as_user)}
    if selector and (spread := asked.get("topologySpreadConstraints")):
        spec["topologySpreadConstraints"] = [{**each, "labelSelector": {"matchLabels": selector}} for each in spread]
    for part in ("initContainers", "containers"):
        if part in spec:
            spec[part] = [_container(container, asked, settings) for container in spec[part]]
    return {**template, "metadata": _metadata(template["metadata"], asked), "spec": spec}


def _user(user: int | None) -> Manifest:
    """None where the cluster chooses it."""
    return {} if user is None else {"runAsUser": user, "runAsGroup": user, "fsGroup": user}


def _metadata(metadata: Manifest, asked: dict[str, Any]) -> Manifest:
    joined = {part: {**asked.get(part, {}), **metadata.get(part, {})} for part in ("labels", "annotations")}
    return {**metadata, **{part: entries for part, entries in joined.items() if entries}}


def _container(container: Manifest, asked: dict[str, Any], settings: Settings) -> Manifest:
    own = container.get("env", [])
    names = {variable["name"] for variable in own}
    more = [variable for variable in asked.get("env", []) if variable["name"] not in names]
    result = {**container, "env": [*more, *own]}
    if "envFrom" in asked:
        result["envFrom"] = asked["envFrom"]
    if settings.pull_policy:
        result["imagePullPolicy"] = settings.pull_policy
    return result

"""What our Jobs have in common, those that train and those that score: when they end for good, what pods get."""

from collections.abc import Sequence

from churn_operator.api.batch import Batch
from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions, merged, with_known_variables
from churn_operator.api.training import Training
from churn_operator.settings import Settings

KEPT_SECONDS = 7 * 24 * 3600
"""How long an ended Job is kept for people to look at; a training that failed is then tried again."""

EVICTIONS_DO_NOT_COUNT: Manifest = {
    "action": "Ignore",
    "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
}
"""A rule of a podFailurePolicy."""


def ends_at_once(container: str, codes: Sequence[int]) -> Manifest:
    """A rule of a podFailurePolicy: after these exit codes another attempt would end the same."""
    return {
        "action": "FailJob",
        "onExitCodes": {"containerName": container, "operator": "In", "values": [int(code) for code in codes]},
    }


def job_pod_options(model: ChurnModel, part: Training | Batch, settings: Settings) -> PodOptions:
    """As for every pod, apart from what must not be in one with a database's credentials."""
    options = merged(settings.installation.pod, model.spec.pod)
    return with_known_variables(options) if part.credentials_secret else options

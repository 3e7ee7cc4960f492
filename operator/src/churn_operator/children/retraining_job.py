"""The Job that evidence asks for: it trains by spec.training, and its version enters as challenger through every gate.

One for each evidence: its name is made of model, digest, signal and the end of the window, so a second one for the same
evidence is the same Job.
"""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.training import Training
from churn_operator.audit.loop import Retraining
from churn_operator.children.job import job_pod_options
from churn_operator.children.training_job import AskedFor, study_arguments, training_job
from churn_operator.decide.occasion import SCHEDULE
from churn_operator.names import retraining_job_name
from churn_operator.settings import Settings

_RETRIES = 1


def build_retraining_job(
    model: ChurnModel,
    training: Training,
    retraining: Retraining,
    unfit: tuple[tuple[str, str], ...],
    settings: Settings,
) -> Manifest:
    """Written once; rows of the spans `unfit` (from, to) are left out, because the feed was broken then.

    It takes what an earlier search has found: what evidence asks for are new rows, not another ensemble.
    """
    found = study_arguments(model, training)
    options = job_pod_options(model, training, settings)
    if priority := settings.installation.retraining_priority:
        options = options.model_copy(update={"priority_class_name": priority})
    asked = AskedFor(
        name=retraining_job_name(model.name, retraining.occasion.name),
        by="schedule" if retraining.occasion.signal == SCHEDULE else "drift",
        arguments=(
            # The version that serves may be older than spec.training.search.
            *((*found, "--or-as-written") if found else ()),
            *(word for begin, end in unfit for word in ("--not-from", f"{begin}..{end}")),
        ),
        retries=_RETRIES,
    )
    return training_job(model, training, asked, options, settings)

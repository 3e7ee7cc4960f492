"""The ControllerRevision that records a revision, its digest above all: the registry is not trusted afterwards."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.decide.revision import Revision
from churn_operator.names import REVISION_LABEL, revision_name, serving_labels


def build_controller_revision(model: ChurnModel, revision: Revision) -> Manifest:
    """Immutable; named by the revision's hash. Its number is the version, for people who list them."""
    labels = serving_labels(model.name) | {REVISION_LABEL: revision.identifier}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata(model, revision_name(model.name, revision.identifier), labels),
        "data": revision.to_data(),
        "revision": int(revision.version),
    }

"""The ControllerRevision that records a revision: its digest, its templates, and what became of it."""

from typing import Any

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import (
    FATE_ANNOTATION,
    FATE_MESSAGE_ANNOTATION,
    FATE_REASON_ANNOTATION,
    FATE_SINCE_ANNOTATION,
    RETRY_ANNOTATION,
    REVISION_LABEL,
    serving_labels,
)
from churn_operator.observe.record import Record


def build_controller_revision(model: ChurnModel, record: Record) -> Manifest:
    """Its data never change, its fate does. Its number is the version, for people who list them."""
    labels = serving_labels(model.name) | {REVISION_LABEL: record.identifier}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {**metadata(model, record.name, labels), "annotations": _fate(record)},
        "data": record.data or _data(record),
        "revision": int(record.bundle.version),
    }


def _data(record: Record) -> dict[str, Any]:
    templates = {"templates": record.templates.to_data()}
    return record.bundle.to_data() | record.configuration.to_data() | templates


def _fate(record: Record) -> dict[str, str]:
    told = {
        FATE_ANNOTATION: record.fate.value if record.fate else "",
        FATE_SINCE_ANNOTATION: record.since,
        FATE_REASON_ANNOTATION: record.reason,
        FATE_MESSAGE_ANNOTATION: record.message,
        RETRY_ANNOTATION: record.retry,
    }
    return {name: value for name, value in told.items() if value}

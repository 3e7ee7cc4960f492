"""The records of a ChurnModel, read from its ControllerRevisions, whichever version of the operator wrote them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic import ValidationError

from churn_operator.api.manifest import Manifest
from churn_operator.api.status import ChurnModelStatus, ServedRevision
from churn_operator.names import (
    FATE_ANNOTATION,
    FATE_MESSAGE_ANNOTATION,
    FATE_REASON_ANNOTATION,
    FATE_SINCE_ANNOTATION,
    RETRY_ANNOTATION,
    REVISION_LABEL,
)
from churn_operator.observe.configuration import Configuration
from churn_operator.observe.expected import Expected
from churn_operator.observe.record import Bundle, Fate, Record, Templates

_OF_THE_BUNDLE = frozenset({"BundleRejected", "BundleRefused"})
"""Reasons of a rejection, of this version's status and the one's before, that are about the bundle itself."""


def read_records(
    revisions: Iterable[Manifest], live: Mapping[str, Templates], status: ChurnModelStatus
) -> dict[str, Record]:
    """By identifier. `live` are the templates of running Deployments, for records from before templates were kept."""
    found: dict[str, Record] = {}
    for revision in revisions:
        record = read_record(revision)
        if record is None or (record.identifier in found and _has_templates(found[record.identifier])):
            continue
        if not _has_templates(record):
            record = replace(record, templates=live.get(record.identifier, Templates()))
        found[record.identifier] = record if record.fate else with_fate_of(status, record)
    return found


def read_record(revision: Manifest) -> Record | None:
    """One record, its fate as its annotations have it; None where this version cannot read it."""
    metadata, data = revision["metadata"], revision.get("data") or {}
    told = metadata.get("annotations") or {}
    templates = data.get("templates") or {}
    try:
        return Record(
            identifier=metadata["labels"][REVISION_LABEL],
            bundle=_bundle(data),
            configuration=Configuration.from_data(data),
            templates=Templates(templates.get("serving"), templates.get("members") or {}),
            fate=_fate(told.get(FATE_ANNOTATION)),
            since=told.get(FATE_SINCE_ANNOTATION, ""),
            reason=told.get(FATE_REASON_ANNOTATION, ""),
            message=told.get(FATE_MESSAGE_ANNOTATION, ""),
            retry=told.get(RETRY_ANNOTATION, ""),
            data=data,
            name=metadata["name"],
            created=metadata.get("creationTimestamp", ""),
        )
    except (KeyError, TypeError, AttributeError, ValidationError):
        # It is none of ours, or of a version that keeps something else: nothing can be done with it here.
        return None


def _bundle(data: Manifest) -> Bundle:
    comparison = Expected.from_data(data.get("comparison"))
    return Bundle(data["model"], data["version"], data["digest"], tuple(data.get("members") or ()), comparison)


def _has_templates(record: Record) -> bool:
    return "templates" in (record.data or {})


def _fate(word: str | None) -> Fate | None:
    return Fate(word) if word in set(Fate) else None


def with_fate_of(status: ChurnModelStatus, record: Record) -> Record:
    """The fate that the status tells; the version before kept it nowhere else."""
    if _is(status.stable, record) or _is(status.previous, record):
        told = status.stable if _is(status.stable, record) else status.previous
        return replace(record, fate=Fate.SERVED, since=told.since if told else "")
    bad = status.rejected
    if bad and _is(bad, record):
        fate = Fate.QUARANTINED if bad.reason in _OF_THE_BUNDLE else Fate.FAULTY
        return replace(record, fate=fate, since=bad.since, reason=bad.reason or "", message=bad.message or "")
    return replace(record, fate=Fate.NEW, since=record.created)


def _is(served: ServedRevision | None, record: Record) -> bool:
    return served is not None and served.revision == record.identifier

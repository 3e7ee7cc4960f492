"""Where a live object differs from what we want, and at which place, for the log."""

import hashlib
import json
import re
from decimal import Decimal
from typing import Any

from churn_operator.api.manifest import Manifest
from churn_operator.names import HASH_ANNOTATION

_RESOURCES = re.compile(r"\.resources\.(requests|limits)\.")
_UNITS = {"": Decimal(1), "m": Decimal("0.001")}
_UNITS |= {unit: Decimal(1000**power) for power, unit in enumerate("kMGTPE", 1)}
_UNITS |= {f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTPE", 1)}
_QUANTITY = re.compile(rf"([0-9]+(?:\.[0-9]+)?)({'|'.join(_UNITS)})")


def with_hash(manifest: Manifest) -> Manifest:
    """The manifest with its own hash noted, so that a field that we no longer set is noticed too."""
    told = {key: text for key, text in manifest["metadata"].get("annotations", {}).items() if key != HASH_ANNOTATION}
    bare = {**manifest, "metadata": {**manifest["metadata"], "annotations": told}}
    found = hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()[:16]
    annotations = {**told, HASH_ANNOTATION: found}
    return {**manifest, "metadata": {**manifest["metadata"], "annotations": annotations}}


def with_what_cannot_change(wanted: Manifest, live: Manifest) -> Manifest:
    """The wanted object with those parts of the live one that the API server lets nobody change.

    A Job does what it was made to do once; a record's data are what they were. The rest of both is restored.
    """
    if wanted["kind"] == "ControllerRevision":
        return with_hash({**wanted, "data": live["data"]})
    if wanted["kind"] == "Job":
        told = live["metadata"].get("annotations", {}).get(HASH_ANNOTATION, "")
        annotations = {**wanted["metadata"].get("annotations", {}), HASH_ANNOTATION: told}
        return {**wanted, "spec": live["spec"], "metadata": {**wanted["metadata"], "annotations": annotations}}
    return wanted


def first_difference(wanted: Any, live: Any, path: str = "") -> str | None:
    """The first place where `live` lacks or contradicts `wanted`; what only `live` has does not count."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            if key not in live:
                return f"{path}.{key}"
            if found := first_difference(value, live[key], f"{path}.{key}"):
                return found
        return None
    if isinstance(wanted, list) and isinstance(live, list):
        return _first_list_difference(wanted, live, path)
    return None if wanted == live or _same_quantity(wanted, live, path) else path


def _same_quantity(wanted: Any, live: Any, path: str) -> bool:
    # The API server writes 0.5 as 500m and 1024Mi as 1Gi.
    if not _RESOURCES.search(path) or not isinstance(wanted, str) or not isinstance(live, str):
        return False
    return _value(wanted) == _value(live)


def _value(quantity: str) -> Decimal | str:
    matched = _QUANTITY.fullmatch(quantity)
    return Decimal(matched[1]) * _UNITS[matched[2]] if matched else quantity


def _first_list_difference(wanted: list[Any], live: list[Any], path: str) -> str | None:
    if all(isinstance(item, dict) and "name" in item for item in wanted):
        by_name = {item.get("name"): item for item in live}
        for item in wanted:
            if item["name"] not in by_name:
                return f"{path}[{item['name']}]"
            if found := first_difference(item, by_name[item["name"]], f"{path}[{item['name']}]"):
                return found
        return None
    if len(wanted) != len(live):
        return path
    for position, (one, other) in enumerate(zip(wanted, live, strict=True)):
        if found := first_difference(one, other, f"{path}[{position}]"):
            return found
    return None

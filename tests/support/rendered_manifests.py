"""The objects of the local overlay as kustomize renders them, as far as names, namespaces and labels go.

Without kubectl, so that unit tests can ask. The integration tests compare it with what kubectl renders.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

MANIFESTS = Path(__file__).parents[2] / "manifests"
Object = dict[str, Any]


def rendered(folder: Path = MANIFESTS / "overlays" / "local") -> list[Object]:
    """Every object of a kustomization and of those that it names; namespaces and patches of overlays are not read."""
    return list(_objects(folder))


def _objects(folder: Path) -> Iterator[Object]:
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    for part in [*kustomization.get("resources", []), *kustomization.get("components", [])]:
        for item in _part(folder / part):
            if namespace := kustomization.get("namespace"):
                _move(item, namespace)
            yield item


def _part(path: Path) -> Iterator[Object]:
    if path.is_dir():
        yield from _objects(path)
    else:
        yield from (item for item in yaml.safe_load_all(path.read_text(encoding="utf-8")) if item)


def _move(item: Object, namespace: str) -> None:
    if item["kind"] == "Namespace":
        item["metadata"]["name"] = namespace
    elif not item["kind"].startswith("Cluster"):
        item["metadata"]["namespace"] = namespace


def rendered_file(path: Path) -> Object:
    """The one object of a file that scripts fill in."""
    (only,) = _part(path)
    return only

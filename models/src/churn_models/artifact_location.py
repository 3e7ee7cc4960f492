"""Where MLflow says that it keeps a version, and whether a plain request to an MLflow server can have it.

Called by the registry's client to fetch, and by `publish` before it registers what nobody could fetch.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

ARTIFACTS = "api/2.0/mlflow-artifacts/artifacts"
"""MLflow's route for the artifacts that it serves itself, below its address."""

NOT_SERVED = (
    "That is no place that MLflow serves: start it with --serve-artifacts, without --default-artifact-root, and use a "
    "new experiment, because one keeps the location that it was made with"
)


@dataclass(frozen=True)
class ArtifactLocation:
    """A path below the artifacts of a server."""

    path: str
    server: str | None
    """http(s)://host[:port][/prefix] as the location names it, without credentials; None: the tracking server."""


def served_location(uri: str, scheme: str) -> ArtifactLocation | None:
    """Read `mlflow-artifacts:/path`, `mlflow-artifacts://host/path` or `http(s)://host/…/artifacts/path`.

    `scheme` is the tracking server's, which a host named without one speaks. None for a place that only those reach
    who have access to it themselves: a folder, a bucket.
    """
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "mlflow-artifacts":
        return ArtifactLocation(_clean(parts.path), f"{scheme}://{host}" if host else None)
    prefix, route, path = parts.path.partition(f"/{ARTIFACTS}/")
    if parts.scheme in ("http", "https") and route:
        return ArtifactLocation(_clean(path), f"{parts.scheme}://{host}{prefix}")
    return None


def _clean(path: str) -> str:
    return unquote(path).strip("/")

"""The drift sidecar of a pod that serves or scores a topic: a native sidecar, told what comes in and what goes out.

A pod of a revision without one is what it was, to the byte.
"""

from churn_operator.api.drift import Engine
from churn_operator.api.manifest import Manifest
from churn_operator.api.quantities import seconds
from churn_operator.children.literal import literal
from churn_operator.children.pod import HOME, TEMPORARY_MOUNT, restricted_container
from churn_operator.children.serving_pod import BUNDLE_FILES, BUNDLE_MOUNT
from churn_operator.names import DRIFT_CONTAINER, DRIFT_PORT, TAP_SOCKET
from churn_operator.observe.record import Record
from churn_operator.observe.sidecar import Sidecar

_TAP_MOUNT: Manifest = {"name": "tap", "mountPath": TAP_SOCKET.rpartition("/")[0]}
# In memory, so that no disk delays anybody; a socket takes none of it.
_TAP_VOLUME: Manifest = {"name": "tap", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}}
_ENGINES = {Engine.NATIVE: "native", Engine.ALIBI_DETECT: "alibi-detect"}


def with_drift_sidecar(pod: Manifest, model: str, record: Record) -> Manifest:
    """The pod's spec, with the sidecar beside its one container where the record's revision has one."""
    sidecar = record.configuration.sidecar
    if sidecar is None:
        return pod
    (scorer,) = pod["containers"]
    tapped = {
        **scorer,
        "args": [*scorer["args"], "--tap", TAP_SOCKET],
        "volumeMounts": [*scorer["volumeMounts"], _TAP_MOUNT],
    }
    return {
        **pod,
        # After the fetch: it reads the bundle's reference. It ends after the container.
        "initContainers": [*pod["initContainers"], _container(model, record, sidecar)],
        "containers": [tapped],
        "volumes": [*pod["volumes"], _TAP_VOLUME],
    }


def _container(model: str, record: Record, sidecar: Sidecar) -> Manifest:
    """No probes: a sidecar that hangs or comes late must neither hold its pod up nor take it out."""
    return {
        **restricted_container(DRIFT_CONTAINER, sidecar.image or record.configuration.image, sidecar.resources),
        "restartPolicy": "Always",
        "args": literal(["drift", *_bundle(model, record), *_engine(sidecar), "--tap", TAP_SOCKET]),
        "env": HOME,
        "ports": [{"name": "drift", "containerPort": DRIFT_PORT, "protocol": "TCP"}],
        "volumeMounts": [{**BUNDLE_MOUNT, "readOnly": True}, _TAP_MOUNT, TEMPORARY_MOUNT],
    }


def _bundle(model: str, record: Record) -> list[str]:
    bundle = record.bundle
    return ["--bundle", BUNDLE_FILES, "--digest", bundle.digest, "--name", model, "--model-version", bundle.version]


def _engine(sidecar: Sidecar) -> list[str]:
    window = sidecar.window
    return [
        *("--engine", _ENGINES[sidecar.engine]),
        *("--window-rows", str(window.rows)),
        *("--window-min-rows", str(window.min_rows)),
        *("--window-max-age-seconds", str(seconds(window.max_age))),
    ]

"""The private names of MLServer 1.7.1 that this server reaches for, in one place beside the subclass in `server`.

A new version of MLServer is tried against these.
"""

from mlserver.handlers import DataPlane
from mlserver.middleware import InferenceMiddlewares
from prometheus_client import REGISTRY


def without_cloud_events(data_plane: DataPlane) -> None:
    """Its answers' headers would name another product."""
    data_plane._inference_middleware = InferenceMiddlewares()


def without_own_counters(data_plane: DataPlane) -> None:
    """They would see a part of the answers; `metrics` has all of them under the same names."""
    for counter in (
        data_plane._ModelInferRequestSuccess,
        data_plane._ModelInferRequestFailure,
        data_plane._ModelInferRequestDuration,
    ):
        REGISTRY.unregister(counter)

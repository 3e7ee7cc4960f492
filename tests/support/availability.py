"""How many serving pods of a ChurnModel were Ready at every moment of a test, by the API server's own history."""

from support.churn_model_handle import ChurnModelHandle
from support.fake_status import is_ready
from support.kube_client import Object


def pod_digest(pod: Object) -> str:
    """Of the bundle that the pod serves."""
    return str(pod["metadata"]["annotations"]["churnserve.dev/digest"])


class Availability:
    """Start it before what must not make a gap."""

    def __init__(self, model: ChurnModelHandle) -> None:
        self._model = model
        self._collection = f"/api/v1/namespaces/{model.namespace}/pods"
        self._selector = f"churnserve.dev/model={model.name},churnserve.dev/track=stable"
        listed = model.kube.get(self._collection, labelSelector=self._selector)
        self._since: str = listed["metadata"]["resourceVersion"]
        self._ready = {pod["metadata"]["name"] for pod in listed["items"] if is_ready(pod)}

    def fewest(self, digest: str = "") -> int:
        """The fewest pods that were Ready at any moment, of this digest where one is given."""
        ready = set(self._ready)
        fewest = len(ready)
        for event in self._model.kube.watched(self._collection, self._since, labelSelector=self._selector):
            pod = event["object"]
            answers = event["type"] != "DELETED" and is_ready(pod) and digest in pod_digest(pod)
            (ready.add if answers else ready.discard)(pod["metadata"]["name"])
            fewest = min(fewest, len(ready))
        return fewest

"""A Deployment's rolling update, step by step as its controller would do it; for the fake kubelet."""

import hashlib
import json
from collections.abc import Callable
from uuid import NAMESPACE_OID, uuid5

from support.fake_status import Fate, condition, differs, is_ready, pod_status
from support.kube_client import KubeClient, Object

_HASH_LABEL = "pod-template-hash"


class FakeRollout:
    """One Deployment and its Pods, as far as they are now."""

    def __init__(self, kube: KubeClient, deployment: Object, fate: Callable[[str], Fate]) -> None:
        self._kube = kube
        self._deployment = deployment
        self._metadata: Object = deployment["metadata"]
        self._template: Object = deployment["spec"]["template"]
        self._collection = f"/api/v1/namespaces/{self._metadata['namespace']}/pods"
        self._wanted: int = deployment["spec"].get("replicas", 1)
        self._fate = fate
        text = json.dumps(self._template, sort_keys=True)
        self.template_hash = hashlib.sha256(text.encode()).hexdigest()[:10]
        self._look()

    @property
    def finished(self) -> bool:
        """All wanted pods are of this template and ready, and no others are left."""
        return len(self._new) == self._wanted and not self._old and all(map(is_ready, self._pods))

    def step(self) -> None:
        """Create and delete pods until nothing more is allowed before a pod gets ready."""
        while True:
            for pod in self._pods:
                self._set_status(pod)
            self._look()
            if not self._create_or_delete():
                return
            self._look()

    def status(self, late: bool) -> Object:
        """The Deployment's status."""
        ready = sum(map(is_ready, self._pods))
        counts = {"replicas": len(self._pods), "updatedReplicas": len(self._new)}
        counts |= {"readyReplicas": ready, "availableReplicas": ready}
        counts["unavailableReplicas"] = max(0, self._wanted - ready)
        conditions = [
            condition("Available", ready >= self._wanted, "MinimumReplicasAvailable", "MinimumReplicasUnavailable"),
            condition(
                "Progressing",
                not late,
                "NewReplicaSetAvailable" if self.finished else "ReplicaSetUpdated",
                "ProgressDeadlineExceeded",
            ),
        ]
        return {"observedGeneration": self._metadata["generation"], "conditions": conditions, **counts}

    def _look(self) -> None:
        wanted: dict[str, str] = self._deployment["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{label}={value}" for label, value in wanted.items())
        found = self._kube.items(self._collection, labelSelector=selector)
        self._pods = [pod for pod in found if self._owns(pod)]
        self._new = [pod for pod in self._pods if pod["metadata"]["labels"][_HASH_LABEL] == self.template_hash]
        self._old = [pod for pod in self._pods if pod not in self._new]

    def _owns(self, pod: Object) -> bool:
        for owner in pod["metadata"].get("ownerReferences", []):
            if owner["uid"] == self._metadata["uid"]:
                return True
            if (owner["kind"], owner["name"]) == ("Deployment", self._metadata["name"]):
                # An earlier Deployment of this name: again the garbage collector's part.
                self._kube.delete(f"{self._collection}/{pod['metadata']['name']}")
        return False

    def _create_or_delete(self) -> bool:
        if self._deployment["spec"].get("paused") and self._old:
            return False
        surplus = len(self._pods) - self._wanted
        if surplus > 0 and (victim := self._dispensable(surplus)):
            self._kube.delete(f"{self._collection}/{victim['metadata']['name']}")
            return True
        if len(self._new) < self._wanted and surplus <= 0:
            self._create_pod()
            return True
        return False

    def _dispensable(self, surplus: int) -> Object | None:
        unready_old = [pod for pod in self._old if not is_ready(pod)]
        if unready_old:
            return unready_old[0]
        ready = sum(map(is_ready, self._pods))
        if self._old:
            return self._old[0] if ready > self._wanted else None
        return self._new[-1] if surplus > 0 else None

    def _create_pod(self) -> None:
        labels = {**self._template["metadata"].get("labels", {}), _HASH_LABEL: self.template_hash}
        name = self._metadata["name"]
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": self._metadata["uid"]}
        metadata = {
            "generateName": f"{name}-{self.template_hash}-",
            "labels": labels,
            "annotations": self._template["metadata"].get("annotations", {}),
            # There are no ReplicaSets here; pods tell of one as they do where there are.
            "ownerReferences": [{**self._replica_set, "controller": True}, owner],
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": self._template["spec"]}
        self._set_status(self._kube.create(self._collection, pod))

    @property
    def _replica_set(self) -> Object:
        uid = str(uuid5(NAMESPACE_OID, f"{self._metadata['uid']}/{self.template_hash}"))
        name = f"{self._metadata['name']}-{self.template_hash}"
        return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": uid}

    def _set_status(self, pod: Object) -> None:
        metadata = pod["metadata"]
        text = json.dumps([metadata["name"], metadata.get("annotations"), metadata["labels"], pod["spec"]])
        fate = self._fate(text)
        status = pod_status(pod, fate)
        if differs(status, pod.get("status", {})):
            self._kube.merge(f"{self._collection}/{pod['metadata']['name']}/status", {"status": status})

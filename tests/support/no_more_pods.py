"""Hold the models' new pods back, so that a rollout begins and stays where it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from support.kubectl import Kubectl


@contextmanager
def no_more_pods(kubectl: Kubectl) -> Iterator[None]:
    """No pod is added in the namespace churn during the block."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-more-pods", "namespace": "churn"},
        "spec": {"hard": {"pods": "0"}},
    }
    kubectl.run("apply", "-f", "-", stdin=json.dumps(quota))
    try:
        yield
    finally:
        kubectl.run("-n", "churn", "delete", "resourcequota/no-more-pods")
        # Their controller tries again ever more rarely; a change has it look at once.
        kubectl.run("-n", "churn", "annotate", "replicasets", "--all", "--overwrite", "test/nudge=now")

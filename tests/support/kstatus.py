"""What kstatus concludes of a custom resource: the rules of sigs.k8s.io/cli-utils, which Flux and kpt use.

Of a resource of unknown kind it looks at the generation first, then at Reconciling and Stalled, then at Ready.
"""

from typing import Any


def kstatus(generation: int, status: dict[str, Any]) -> str:
    """Current, InProgress or Failed."""
    if status.get("observedGeneration", generation) != generation:
        return "InProgress"
    conditions = {one["type"]: one["status"] for one in status.get("conditions", [])}
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    return "Current" if conditions.get("Ready", "True") == "True" else "InProgress"

"""What a cluster's administrator denies by a ValidatingAdmissionPolicy, for tests of how that is told."""

from dataclasses import dataclass

from support.kube_client import KubeClient, Object

_ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@dataclass(frozen=True)
class DenyingPolicy:
    """Denies updates of one resource where the expression is false; it is in force a moment after `impose`."""

    name: str
    group: str
    resource: str
    expression: str
    words: str

    def impose(self, kube: KubeClient) -> None:
        """Policy and binding."""
        operations = {"apiVersions": ["v1"], "operations": ["UPDATE"]}
        rule = {"apiGroups": [self.group], "resources": [self.resource], **operations}
        policy: Object = {
            "metadata": {"name": self.name},
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": self.expression, "message": self.words}],
            },
        }
        binding: Object = {
            "metadata": {"name": self.name},
            "spec": {"policyName": self.name, "validationActions": ["Deny"]},
        }
        kube.create(f"{_ADMISSION}/validatingadmissionpolicies", policy)
        kube.create(f"{_ADMISSION}/validatingadmissionpolicybindings", binding)

    def lift(self, kube: KubeClient) -> None:
        """Take it away, if it is there."""
        for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
            if kube.find(f"{_ADMISSION}/{kind}/{self.name}"):
                kube.delete(f"{_ADMISSION}/{kind}/{self.name}")

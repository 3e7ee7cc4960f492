"""The server of one pod, stopped or killed from its node: a pod that hangs or crashes, whatever it serves."""

from typing import Any

from support.eventually import eventually
from support.kubectl import Kubectl, KubectlFailed

NODE = "churnserve-control-plane"

# Processes of the pod that serve; none while it has not come so far.
_FIND = r"""
for process in /proc/[0-9]*; do
    grep -qs "$1" "$process/cgroup" && tr '\0' ' ' <"$process/cmdline" | grep -q ' serve --bundle' \
        && kill "-$2" "${process#/proc/}" && echo "${process#/proc/}"
done
exit 0
"""


def signal_server(kubectl: Kubectl, pod: dict[str, Any], signal: str, seconds: float = 60) -> str:
    """Send this signal (STOP, KILL) as soon as there is a server in the pod; its process on the node."""
    # In the names of cgroups systemd has the dashes replaced.
    uid = pod["metadata"]["uid"].replace("-", "[-_]")

    def send() -> str:
        try:
            return kubectl.output(["docker", "exec", NODE, "bash", "-c", _FIND, "signal", uid, signal]).strip()
        except KubectlFailed as failed:
            raise AssertionError(failed) from failed

    return eventually(send, seconds, pause=0.5)

"""The processes of one pod, stopped, killed or starved from its node: a pod that hangs, crashes or is slow."""

from typing import Any

from support.eventually import eventually
from support.kubectl import Kubectl, KubectlFailed

NODE = "churnserve-control-plane"

# Those of one command of churn_runtimes, none while the pod has not come so far. Process 1 of a sidecar's container is
# its supervisor, which stays.
_FIND = r"""
for process in /proc/[0-9]*; do
    grep -qs "$1" "$process/cgroup" && tr '\0' ' ' <"$process/cmdline" | grep -q "$3 --bundle" || continue
    [ "$3" = serve ] || ! grep -q '^NSpid:.*[[:space:]]1$' "$process/status" || continue
    kill "-$2" "${process#/proc/}" && echo "${process#/proc/}"
done
exit 0
"""

# A millisecond in a second, by either version of control groups. What is to be smaller comes first.
_STARVE = r"""
path=$(sed -nE 's/^[0-9]+:(cpu|cpu,cpuacct|cpuacct,cpu):(.*)$/\2/p' "/proc/$1/cgroup")
if [ -n "$path" ]; then
    echo 1000000 >"/sys/fs/cgroup/cpu$path/cpu.cfs_period_us" && echo 1000 >"/sys/fs/cgroup/cpu$path/cpu.cfs_quota_us"
else
    echo "1000 1000000" >"/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/cpu.max"
fi
"""


def signal_server(kubectl: Kubectl, pod: dict[str, Any], signal: str, seconds: float = 60) -> str:
    """Send this signal (STOP, KILL) as soon as there is a server in the pod; its process on the node."""
    return _signal(kubectl, pod, (signal, "serve"), seconds)


def signal_sidecar(kubectl: Kubectl, pod: dict[str, Any], signal: str, seconds: float = 60) -> str:
    """The same to what its drift sidecar's supervisor runs."""
    return _signal(kubectl, pod, (signal, "drift"), seconds)


def starve_sidecar(kubectl: Kubectl, pod: dict[str, Any]) -> None:
    """Leave the container of its drift sidecar a thousandth of a core for good: it runs on, and is late with all."""
    process = signal_sidecar(kubectl, pod, "0")
    kubectl.output(["docker", "exec", NODE, "bash", "-ec", _STARVE, "starve", process])


def _signal(kubectl: Kubectl, pod: dict[str, Any], what: tuple[str, str], seconds: float) -> str:
    # In the names of cgroups systemd has the dashes replaced.
    uid = pod["metadata"]["uid"].replace("-", "[-_]")

    def send() -> str:
        try:
            return kubectl.output(["docker", "exec", NODE, "bash", "-c", _FIND, "signal", uid, *what]).strip()
        except KubectlFailed as failed:
            raise AssertionError(failed) from failed

    return eventually(send, seconds, pause=0.5)

"""How much memory the sidecar may have before it is ended, and how much it has.

The kernel would end the whole container, and a container that begins again takes its pod out of the Service.
"""

import os

_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
"""Of the container, in cgroup v2 and v1."""
_SHARE = 0.85


def memory_bound(cgroups: str = "/sys/fs/cgroup") -> int | None:
    """Bytes; None where the container has no limit."""
    for name in _LIMITS:
        try:
            with open(f"{cgroups}/{name}", encoding="ascii") as limit:
                return int(int(limit.read()) * _SHARE)
        except (OSError, ValueError):  # of the other version, or "max"
            continue
    return None


def resident_bytes(process: int) -> int:
    """The resident size of a process that has not been reaped."""
    with open(f"/proc/{process}/statm", encoding="ascii") as sizes:
        return int(sizes.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

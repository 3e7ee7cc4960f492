"""How much memory a server took while something was done to it."""

from pathlib import Path

_MEBI = 1 << 20


class MemoryGrowth:
    """From the resident size now to the largest one since; the kernel keeps the peak, so that none is missed."""

    def __init__(self, pid: int) -> None:
        self._process = Path("/proc") / str(pid)
        # 5 forgets the peak that was (proc(5)).
        (self._process / "clear_refs").write_text("5")
        self._before = self._bytes("VmRSS")

    def mebibytes(self) -> float:
        """The growth until now."""
        return (self._bytes("VmHWM") - self._before) / _MEBI

    def _bytes(self, field: str) -> int:
        lines = (self._process / "status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))

"""The names of all samples that our code can give Prometheus, read in the source: dashboards and rules ask for these.

A family is a call such as `Counter("name", …)` or `GaugeMetricFamily("name", …)` in a module that imports
prometheus_client; helpers named after the kind (`_gauge("name", …)`) count as well.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

_TOP = Path(__file__).parents[2]
_SOURCES = ("runtimes/src", "operator/src")
_BY_PROCESS_AND_SCRAPE = frozenset({"up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes"})
"""What prometheus_client tells of every process on Linux, and Prometheus of every scrape and alert."""


def exported_samples() -> frozenset[str]:
    """Their names, without labels."""
    files = [file for source in _SOURCES for file in (_TOP / source).rglob("*.py")]
    texts = (file.read_text(encoding="utf-8") for file in files)
    families = (family for text in texts if "prometheus_client" in text for family in _families(ast.parse(text)))
    return _BY_PROCESS_AND_SCRAPE.union(*map(_samples, families))


def _families(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Kind and name of each."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id=callee) | ast.Attribute(attr=callee), args=[ast.Constant(value=str(name)), *_]
            ):
                for kind in ("counter", "gauge", "histogram", "summary"):
                    if kind in callee.lower():
                        yield kind, name


def _samples(family: tuple[str, str]) -> list[str]:
    match family:
        case "counter", name:
            return [f"{name.removesuffix('_total')}_total"]
        case "histogram", name:
            return [f"{name}_bucket", f"{name}_count", f"{name}_sum"]
        case "summary", name:
            return [f"{name}_count", f"{name}_sum"]
        case _, name:
            return [name]

"""alibi-detect's TabularDrift without the rest of alibi-detect, none of which is changed.

`import alibi_detect.cd` runs the modules of all detectors, and with them transformers and numba: 7 s of processor time
and 280 MiB, for tests of columns that need SciPy and scikit-learn. Python asks `sys.modules` for a module's parents
before it runs them: bare parents with the right path lead to the wheel's own files, and only those run that
TabularDrift names.
"""

import sys
from collections.abc import Callable, Iterator, MutableSequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

from churn_runtimes.drift.errors import EngineMissing

_PARENTS = ("alibi_detect", "alibi_detect.cd", "alibi_detect.utils", "alibi_detect.saving")


def tabular_drift() -> Callable[..., Any]:
    """The class. Raises EngineMissing where alibi-detect is not installed."""
    above = None
    for name in _PARENTS:
        if name not in sys.modules:
            sys.modules[name] = _without_contents(name, above)
        above = sys.modules[_PARENTS[0]].__path__
    with _no_pandas():
        loaded: Callable[..., Any] = import_module("alibi_detect.cd.tabular").TabularDrift
    return loaded


def _without_contents(name: str, above: MutableSequence[str] | None) -> ModuleType:
    spec = PathFinder.find_spec(name, above)
    if spec is None:
        raise EngineMissing("alibi-detect is not installed here: the image churnserve/drift has it, no other does")
    return module_from_spec(spec)


@contextmanager
def _no_pandas() -> Iterator[None]:
    """scikit-learn imports pandas where it finds it and does without where not: 65 MiB that no test of columns uses."""
    if "pandas" in sys.modules:
        yield
        return
    modules: dict[str, Any] = sys.modules
    modules["pandas"] = None  # as Python writes "not to be found"
    try:
        yield
    finally:
        del modules["pandas"]

"""How much memory the sidecar may have, as its container's cgroup says it."""

import os
from mmap import PAGESIZE, mmap
from pathlib import Path
from typing import NamedTuple

import pytest
from churn_runtimes.drift.memory_bound import memory_bound, resident_bytes


class Case(NamedTuple):
    """Files of a cgroup, and the bound."""

    files: dict[str, str]
    bound: int | None


CASES = {
    "v2": Case({"memory.max": "167772160\n"}, 142606336),
    "v2 without a limit": Case({"memory.max": "max\n"}, None),
    "v1": Case({"memory/memory.limit_in_bytes": "100000\n"}, 85000),
    "no cgroup": Case({}, None),
    "nonsense": Case({"memory.max": ""}, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_85_percent_of_the_limit(case: Case, tmp_path: Path) -> None:
    for name, content in case.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert memory_bound(str(tmp_path)) == case.bound


def test_what_a_process_has_grows_by_what_it_takes() -> None:
    before = resident_bytes(os.getpid())
    # Fresh pages: the heap may have as many left from another test.
    with mmap(-1, 32 << 20) as taken:
        for place in range(0, len(taken), PAGESIZE):
            taken[place] = 1
        assert resident_bytes(os.getpid()) - before == pytest.approx(len(taken), rel=0.1)

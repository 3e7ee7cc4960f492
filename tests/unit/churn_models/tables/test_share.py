"""Row groups dealt out to shares: each to one, with its place in the whole table."""

from pathlib import Path

import numpy as np
import pytest
from churn_models.errors import DataUnreadable
from churn_models.tables.share import Share, SharedRows

_ROWS = {Path("a"): [3, 0, 2], Path("b"): [], Path("c"): [4, 1]}


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_every_row_belongs_to_one_share(count: int) -> None:
    seen = []
    for index in range(count):
        shared = SharedRows.of(Share(index, count), _ROWS)
        rows = sum(group.rows for groups in shared.groups.values() for group in groups)
        seen += shared.in_table(np.arange(rows)).tolist()
    assert sorted(seen) == list(range(10))


@pytest.mark.parametrize(("text", "expected"), [("0/1", Share(0, 1)), ("2/3", Share(2, 3)), ("09/10", Share(9, 10))])
def test_a_share_is_written_as_index_and_count(text: str, expected: Share) -> None:
    assert Share.parse(text) == expected


@pytest.mark.parametrize("text", ["", "3/3", "4/3", "-1/3", "1", "1/0", "a/b", "1/3 ", "/3"])
def test_what_is_no_share_is_told_with_an_example(text: str) -> None:
    with pytest.raises(DataUnreadable, match="INDEX/COUNT, such as 0/3"):
        Share.parse(text)

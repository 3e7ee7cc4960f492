"""Which way a request takes, and what of its head says so."""

from typing import Any

import pytest
from churn_runtimes.rest.heads import Head, read_head
from churn_runtimes.rest.way import BYTES_ON_THE_LOOP, Request, Way, way_of

COMMON = Request(
    is_first=True,
    is_probe=False,
    is_post=True,
    is_for_fast_path=True,
    scores_on_the_loop=True,
    length=500,
    max_length=1_000_000,
    is_late=False,
    is_full=False,
)
LARGE = {"length": BYTES_ON_THE_LOOP + 1}
PROBE = {"is_probe": True, "is_post": False, "is_for_fast_path": False, "length": 0}
OTHER = {"is_for_fast_path": False}


@pytest.mark.parametrize(
    ("changes", "way"),
    [
        pytest.param({}, Way.FAST, id="the common request"),
        pytest.param({"length": BYTES_ON_THE_LOOP}, Way.FAST, id="the largest on the loop"),
        pytest.param({"length": None}, Way.FAST, id="chunks"),
        pytest.param({"is_full": True}, Way.FAST, id="a full server's common request"),
        pytest.param(LARGE, Way.BOUNDED_APP, id="a large body"),
        pytest.param({**LARGE, "is_full": True}, Way.SHED, id="a large body for a full server"),
        pytest.param({"scores_on_the_loop": False}, Way.BOUNDED_APP, id="a slow ensemble"),
        pytest.param({"scores_on_the_loop": False, "is_full": True}, Way.SHED, id="a slow and full one"),
        pytest.param({"length": 1_000_001, "is_full": True}, Way.BOUNDED_APP, id="too large, which is told so"),
        pytest.param({"length": 1_000_001, "is_late": True}, Way.BOUNDED_APP, id="too large and late"),
        pytest.param(PROBE, Way.PROBE, id="a probe"),
        pytest.param({**PROBE, "is_late": True, "is_full": True}, Way.PROBE, id="a probe of a full server"),
        pytest.param({**PROBE, "is_first": False}, Way.BOUNDED_APP, id="a probe behind a request"),
        pytest.param({"is_first": False}, Way.BOUNDED_APP, id="behind another request"),
        pytest.param({"is_late": True}, Way.SHED, id="late"),
        pytest.param({**OTHER, "is_late": True}, Way.SHED, id="late, for a member"),
        pytest.param({**OTHER, "is_post": False, "is_late": True}, Way.BOUNDED_APP, id="metadata, late"),
        pytest.param({**OTHER, "is_full": True}, Way.BOUNDED_APP, id="for a member of a full server"),
    ],
)
def test_ways(changes: dict[str, Any], way: Way) -> None:
    assert way_of(COMMON._replace(**changes)) is way


LENGTH = (b"content-length", b"7")
CHUNKS = (b"transfer-encoding", b"Chunked")


@pytest.mark.parametrize(
    ("headers", "head"),
    [
        pytest.param([LENGTH], Head(True, 7, None), id="a length"),
        pytest.param([CHUNKS], Head(True, None, None), id="chunks"),
        pytest.param([(b"transfer-encoding", b"gzip, chunked")], Head(False, None, None), id="coded chunks"),
        pytest.param([LENGTH, (b"inference-header-content-length", b"5")], Head(True, 7, b"5"), id="binary tensors"),
        pytest.param([LENGTH, (b"expect", b"100-continue")], Head(False, 7, None), id="an expectation"),
        pytest.param([CHUNKS, (b"content-encoding", b"gzip")], Head(False, None, None), id="compressed chunks"),
        pytest.param([(b"content-encoding", b"gzip"), LENGTH], Head(False, 7, None), id="a compressed body"),
    ],
)
def test_heads(headers: list[tuple[bytes, bytes]], head: Head) -> None:
    assert read_head(headers) == head

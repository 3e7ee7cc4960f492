"""p99 beside FastAPI's: at the rates that both servers reached, and no figure where there is none."""

import math

import pytest
from bench.figures import _p99_vs_fastapi
from bench.measured import Measured
from bench.names import Name
from bench.plan import REST_1700, REST_3000

OURS = [Measured(1_700, 0.1, 1.0, 0.5), Measured(1_700, 0.1, 3.0, 0.5)]
FASTAPI = [Measured(1_700, 0.1, 2.0, 0.5), Measured(1_700, 0.1, 2.0, 0.5)]
BOTH = {Name.OURS: OURS, Name.FASTAPI: FASTAPI}


@pytest.mark.parametrize(
    ("at_1700", "at_3000", "expected"),
    [
        pytest.param(BOTH, {Name.OURS: OURS}, 1.0, id="FastAPI reached one rate"),
        pytest.param(BOTH, {Name.FASTAPI: FASTAPI}, 1.0, id="ours reached one rate"),
        pytest.param({Name.OURS: OURS}, {}, math.nan, id="no rate that both reached"),
    ],
)
def test_p99_beside_fastapi(
    at_1700: dict[Name, list[Measured]], at_3000: dict[Name, list[Measured]], expected: float
) -> None:
    found = _p99_vs_fastapi({REST_1700: at_1700, REST_3000: at_3000})
    assert found == expected or (math.isnan(expected) and math.isnan(found))

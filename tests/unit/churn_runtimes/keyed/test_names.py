"""Which rows name customers whose features have to be looked up, and whom they name."""

from typing import Any

import numpy as np
import pytest
from churn_models.feature_schema import FeatureSchema, Target
from churn_models.numeric_feature import NumericFeature
from churn_models.stream_features.stream_feature import Aggregate, StreamFeature
from churn_runtimes.keyed.names import Names, customers_of
from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest
from churn_runtimes.v2.tensor import Tensor

SCHEMA = FeatureSchema(
    features=(
        NumericFeature(name="charges"),
        StreamFeature(name="calls", aggregate=Aggregate.COUNT, window="1h"),
        StreamFeature(name="last", aggregate=Aggregate.LAST, of="minutes"),
    ),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
    identity="customer",
)
KEY = Tensor("customer", Datatype.BYTES, [1], ["c"])
CHARGES, CALLS, LAST = (Tensor(name, Datatype.FP64, [1], [1.0]) for name in ("charges", "calls", "last"))
MATRIX = Tensor("rows", Datatype.FP32, [1, 3], [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("tensors", "features", "lacks"),
    [
        pytest.param([CHARGES], [CHARGES], (), id="no key"),
        pytest.param([CHARGES, KEY], [CHARGES], (0, 1), id="a key"),
        pytest.param([KEY, LAST, CHARGES], [LAST, CHARGES], (0,), id="one is given"),
        pytest.param([KEY, LAST, CALLS, CHARGES], [LAST, CALLS, CHARGES], (), id="all are given"),
        pytest.param([KEY, MATRIX], [MATRIX], (), id="encoded features"),
        pytest.param([KEY, CHARGES, KEY], [KEY, CHARGES, KEY], (), id="two keys, which decoding refuses"),
    ],
)
def test_what_is_looked_up(tensors: list[Tensor], features: list[Tensor], lacks: tuple[int, ...]) -> None:
    request = Names(SCHEMA).read(tensors)
    assert (list(request.features), request.lacks) == (features, lacks)
    assert request.key is (KEY if lacks else None)


@pytest.mark.parametrize(
    ("datatype", "values", "customers"),
    [
        pytest.param("BYTES", ["7", " ü "], [b"7", " ü ".encode()], id="texts as they are"),
        pytest.param("BYTES", [b"7", b"\xff"], [b"7", b"\xff"], id="bytes"),
        pytest.param("INT64", [7, -1], [b"7", b"-1"], id="numbers"),
        pytest.param("UINT8", np.array([7, 8], dtype=np.uint8), [b"7", b"8"], id="numbers in bytes"),
    ],
)
def test_whom_rows_name(datatype: str, values: Any, customers: list[bytes]) -> None:
    assert customers_of(Tensor("customer", Datatype(datatype), [2], values), 2) == customers


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param(Tensor("customer", Datatype.BYTES, [1], ["\ud800"]), "row 0 is no UTF-8 text", id="half a sign"),
        pytest.param(Tensor("customer", Datatype.BYTES, [1], [7]), "7 is no BYTES", id="another type"),
        pytest.param(Tensor("customer", Datatype.BOOL, [1], [True]), "BOOL names no customers", id="a truth"),
        pytest.param(Tensor("customer", Datatype.BYTES, [1], [""]), "row 0 names no customer", id="blank"),
        pytest.param(Tensor("customer", Datatype.BYTES, [1], ["c" * 257]), "257 bytes, at most 256", id="too long"),
        pytest.param(Tensor("customer", Datatype.BYTES, [], ["c"]), r"shape \[\], a column is", id="no shape"),
    ],
)
def test_what_names_nobody(key: Tensor, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        customers_of(key, 1)

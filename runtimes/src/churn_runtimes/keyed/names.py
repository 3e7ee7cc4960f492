"""Which rows name customers whose features have to be looked up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from churn_models.feature_schema import FeatureSchema

from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest
from churn_runtimes.v2.rows import column, is_matrix
from churn_runtimes.v2.tensor import Tensor

_LONGEST = 256
"""Bytes of a customer's name: to find its partition takes longer the longer it is."""


@dataclass(frozen=True)
class Request:
    """A request's tensors without the customers' column, which is `key` where features of the stream are lacking."""

    features: Sequence[Tensor]
    key: Tensor | None = None
    lacks: tuple[int, ...] = ()
    """Places among the stream's features."""


class Names:
    """Of one schema: `identity` names the customer."""

    def __init__(self, schema: FeatureSchema) -> None:
        self._schema = schema
        self._identity = schema.identity
        self._stream = [feature.name for feature in schema.stream]

    def read(self, tensors: Sequence[Tensor]) -> Request:
        """What is given, whether well or not, counts before what events say: nothing is looked up for it."""
        keys = [tensor for tensor in tensors if tensor.name == self._identity]
        if len(keys) != 1:
            return Request(tensors)
        features = [tensor for tensor in tensors if tensor is not keys[0]]
        if is_matrix(self._schema, features):
            return Request(features)
        given = {tensor.name for tensor in features}
        lacks = tuple(place for place, name in enumerate(self._stream) if name not in given)
        return Request(features, keys[0], lacks) if lacks else Request(features)


def customers_of(key: Tensor, rows: int) -> list[bytes]:
    """Whom each row names, as events' keys name them: the text as it is, or a whole number's digits.

    Raises BadRequest.
    """
    values = column(key)
    if key.datatype is Datatype.BOOL or key.datatype.is_float:
        raise BadRequest(f"input {key.name}: {key.datatype} names no customers; BYTES or INT64 does")
    if len(values) != rows:
        raise BadRequest(f"input {key.name}: {len(values)} customers, the other columns have {rows} rows")
    return [_customer(key.name, number, value) for number, value in enumerate(values)]


def _customer(name: str, row: int, value: object) -> bytes:
    try:
        customer = value if isinstance(value, bytes) else b"" if value is None else str(value).encode()
    except UnicodeEncodeError as error:
        raise BadRequest(f"input {name}: row {row} is no UTF-8 text") from error
    if not customer:
        raise BadRequest(f"input {name}: row {row} names no customer")
    if len(customer) > _LONGEST:
        raise BadRequest(f"input {name}: row {row} names a customer in {len(customer)} bytes, at most {_LONGEST}")
    return customer

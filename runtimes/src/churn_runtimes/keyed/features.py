"""Features of the stream for rows that name their customer: what `ScoringModel` fills its matrix by.

They are computed by the function that the stream and training use, from the state that the workers have written last
and the time of the request.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from churn_models.encoding import Matrix
from churn_models.errors import ChurnModelsError
from churn_models.exit_code import ExitCode
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.functions import Features, features_batch
from churn_models.stream_features.layout import StateLayout
from numpy.typing import NDArray

from churn_runtimes.keyed.asking import Asking, Miss
from churn_runtimes.keyed.metrics import LOOKUP_SECONDS, Lookup, count_lookups
from churn_runtimes.keyed.names import Names, Request, customers_of
from churn_runtimes.state.address import Address
from churn_runtimes.state.keys import Namespace
from churn_runtimes.state.reader import StateReader
from churn_runtimes.state.store import Found
from churn_runtimes.v2.tensor import Tensor

DEADLINE_SECONDS = 0.02
"""For one request, besides its rows: a store beside the server answers in less than one millisecond."""
_ROW_SECONDS = 0.00005
"""Longer for each row: what finding its place and computing its features take at most."""
_ANSWER_SECONDS = 0.5
"""Until a connection that says nothing is given up; no request waits so long."""
_THREADS = 4


class NoStreamFeatures(ChurnModelsError):
    """A state store for a model that has nothing to read there."""

    exit_code = ExitCode.FAILED


class KeyedFeatures:
    """Of one model."""

    def __init__(self, schema: FeatureSchema, asking: Asking[StateReader], clock: Callable[[], float]) -> None:
        self._names = Names(schema)
        self._layout = StateLayout.of(schema.stream)
        self._columns = np.array([schema.names.index(feature.name) for feature in schema.stream], dtype=np.intp)
        self._asking = asking
        self._clock = clock

    def read(self, tensors: Sequence[Tensor]) -> Request:
        """The features apart from the customers' column."""
        return self._names.read(tensors)

    async def fill(self, matrix: Matrix, request: Request) -> bool:
        """Put what the request lacks into its encoded rows; False where some of it stays missing. Raises BadRequest."""
        if request.key is None:
            return True
        customers = customers_of(request.key, len(matrix))
        with LOOKUP_SECONDS.time():
            looked = await self._look_up(customers)
        if isinstance(looked, Miss):
            count_lookups(Lookup(looked.value), len(customers))
            return False
        known = int(looked.known.sum())
        count_lookups(Lookup.FOUND, known)
        count_lookups(Lookup.INCOMPLETE, len(customers) - known)
        lacks = list(request.lacks)
        matrix[:, self._columns[lacks]] = looked.features[:, lacks]
        return known == len(customers)

    async def _look_up(self, customers: Sequence[bytes]) -> "_Looked | Miss":
        distinct = list(dict.fromkeys(customers))
        computed = partial(_computed, self._layout, customers, self._clock())
        return await self._asking.ask(lambda store: store.read(distinct), computed, len(customers) * _ROW_SECONDS)

    def close(self) -> None:
        """Ask the store no more."""
        self._asking.close()


class _Looked(NamedTuple):
    features: Features
    """`[rows, features of the stream]`, all missing where a state is not known."""
    known: NDArray[np.bool_]


def open_keyed_features(schema: FeatureSchema, state_name: str, address: Address) -> KeyedFeatures:
    """From states by the name that the stream's workers keep them by. Raises NoStreamFeatures or StateDenied."""
    if not schema.stream:
        raise NoStreamFeatures("--state: schema.yaml of this model has no features of kind: stream")
    namespace = Namespace(state_name, StateLayout.of(schema.stream).digest.hex())
    stores = [StateReader(address, namespace, _ANSWER_SECONDS) for _ in range(_THREADS)]
    asking = Asking(stores, DEADLINE_SECONDS)
    asking.begin(lambda store: store.read(()))
    return KeyedFeatures(schema, asking, time.time)


def _computed(layout: StateLayout, customers: Sequence[bytes], now: float, found: Sequence[Found]) -> _Looked:
    """`found` is by distinct customer, in their order."""
    places = {customer: place for place, customer in enumerate(dict.fromkeys(customers))}
    known = np.array([one.record is not None and one.record.is_current for one in found], dtype=np.bool_)
    features = features_batch(layout, [one.states[0] for one in found], np.full(len(found), now))
    features[~known] = np.nan
    rows = np.array([places[customer] for customer in customers], dtype=np.intp)
    return _Looked(features[rows], known[rows])

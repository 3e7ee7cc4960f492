from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

class Table:
    def __new__(
        cls,
        columns: Array,
        nodes: Array,
        trees: Array,
        leaves: Array,
        sets: Array,
        set_words: Array,
        terms: Array,
        code_weights: Array,
        members: Array,
        weights: Array,
        features: int,
        combine: int,
        intercept: float,
    ) -> Table: ...
    def evaluate(self, matrix: Array, members: Array, ensemble: Array | None = None, /) -> None: ...

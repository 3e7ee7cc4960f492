"""Which output tensors a request wants; the vocabulary of an ensemble's is `churn_models.outputs`."""

from collections.abc import Sequence
from typing import Any

from churn_models.errors import OutputUnknown
from churn_models.outputs import Outputs
from numpy.typing import NDArray

from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest


def wanted_outputs(outputs: Outputs, asked: Sequence[str], also: Sequence[str] = ()) -> list[str]:
    """The tensors to answer, in the asked order. Raises BadRequest for one that is not there, naming `also`."""
    try:
        return outputs.wanted(asked, also)
    except OutputUnknown as error:
        raise BadRequest(str(error)) from error


def check_outputs(asked: Sequence[str], known: Sequence[str]) -> None:
    """The same for a member behind its stock runtime, which answers all that it has. Raises BadRequest."""
    if unknown := [name for name in asked if name not in known]:
        raise BadRequest(f"no such output: {', '.join(unknown)}; there are {', '.join(known)}")


def datatype_of(values: NDArray[Any]) -> Datatype:
    """Of an output tensor: probabilities and contributions are FP64, decisions BOOL, names BYTES."""
    return _DATATYPES.get(values.dtype.kind, Datatype.FP64)


_DATATYPES = {"b": Datatype.BOOL, "O": Datatype.BYTES}

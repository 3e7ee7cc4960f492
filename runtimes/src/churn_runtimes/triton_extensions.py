"""What perf_analyzer and model_analyzer ask beside V2: Triton's model configuration and statistics extensions.

The field names are those of Triton's JSON and .proto alike, so REST writes these objects and gRPC parses them.
"""

from collections.abc import Sequence
from typing import Any

from mlserver import types
from mlserver.types import MetadataModelResponse, MetadataTensor

from churn_runtimes.answer_counts import Answers
from churn_runtimes.v2.datatype import Datatype

Object = dict[str, Any]

EXTENSIONS = ("model_configuration", "statistics")
"""As the server's metadata name them."""


def model_config(metadata: MetadataModelResponse, max_rows: int) -> Object:
    """The configuration: rows are Triton's batch, so dims are those of one row."""
    return {
        "name": metadata.name,
        "platform": metadata.platform,
        "max_batch_size": max_rows,
        "input": _tensors(metadata.inputs or ()),
        "output": _tensors(metadata.outputs or ()),
    }


def model_statistics(name: str, version: str | None, answers: Answers) -> Object:
    """What one model has answered. The whole time is `compute_infer`: its parts are not measured one by one."""
    nothing = {"count": answers.successes, "ns": 0}
    return {
        "name": name,
        "version": version or "",
        "last_inference": int(answers.last * 1000),
        "inference_count": answers.rows,
        "execution_count": answers.successes,
        "inference_stats": {
            "success": _duration(answers.successes, answers.seconds),
            "fail": _duration(answers.failures, answers.failed_seconds),
            "queue": nothing,
            "compute_input": nothing,
            "compute_infer": _duration(answers.successes, answers.seconds),
            "compute_output": nothing,
        },
        "batch_stats": [],
    }


def _tensors(tensors: Sequence[MetadataTensor]) -> list[Object]:
    return [_tensor(tensor) for tensor in tensors]


def _tensor(tensor: MetadataTensor) -> Object:
    datatype = Datatype(types.Datatype(tensor.datatype).value)
    word = "TYPE_STRING" if datatype is Datatype.BYTES else f"TYPE_{datatype}"
    described: Object = {"name": tensor.name, "data_type": word, "dims": tensor.shape[1:] or [1]}
    # Triton's dims hold at least one number; this says that there is none on the wire.
    return described if tensor.shape[1:] else {**described, "reshape": {"shape": []}}


def _duration(count: int, seconds: float) -> Object:
    return {"count": count, "ns": int(seconds * 1e9)}

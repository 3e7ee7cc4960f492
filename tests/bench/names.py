"""The columns of the tables, by the names that they show; `contenders` says what each is."""

from enum import StrEnum


class Name(StrEnum):
    """Everybody who is asked."""

    STATIC = "fixed answer"  # no model at all: what the generators can do
    STOCK = "stock"
    STOCK_BATCHING = "batching"
    FAN_OUT = "fan-out"
    ONNX_RUNTIME = "ONNX"
    MLSERVER = "MLServer"
    FASTAPI = "FastAPI"
    KSERVE = "KServe"
    OURS_NAMED = "ours, named"
    OURS_TRIED = "ours, 25 % by a candidate"  # in a load of its own: see `quarter`
    OURS = "ours"

"""The hand-written list of requests that a V2 server must refuse, each with the status that it deserves.

A case is an inference request's body, as JSON or as raw bytes.
"""

from dataclasses import dataclass
from typing import Any

WIDTH = 19
"""Features of the telco schema, which the tests' bundle has."""

_ROW = [0.0] * WIDTH


@dataclass(frozen=True)
class Refused:
    """One bad body, and what it must be answered with."""

    name: str
    body: bytes | dict[str, Any] | list[Any] | str | int | None
    statuses: tuple[int, ...] = (400,)


def rows(**changes: Any) -> dict[str, Any]:
    """A request with one good row as a matrix, and the changes to its tensor; None takes a field away."""
    tensor = {"name": "rows", "shape": [1, WIDTH], "datatype": "FP32", "data": _ROW, **changes}
    return {"inputs": [{name: value for name, value in tensor.items() if value is not None}]}


def _number(value: str) -> bytes:
    """One good row but for the JSON text of its first number."""
    numbers = ",".join([value, *["0"] * (WIDTH - 1)])
    return f'{{"inputs":[{{"name":"rows","shape":[1,{WIDTH}],"datatype":"FP32","data":[{numbers}]}}]}}'.encode()


def _first(value: Any) -> list[Any]:
    return [value, *_ROW[1:]]


NOT_JSON = [
    Refused("empty body", b""),
    Refused("blank body", b"  \n"),
    Refused("no JSON", b"churn?"),
    Refused("half a body", b'{"inputs":[{"name":"rows"'),
    Refused("JSON and more", b'{"inputs":[]} {"inputs":[]}'),
    Refused("no UTF-8", b'{"id":"\xff\xfe","inputs":[]}'),
    Refused("UTF-16", '{"inputs":[]}'.encode("utf-16")),
    Refused("zero bytes", b"\x00" * 64),
    Refused("single quotes", b"{'inputs':[]}"),
    Refused("a trailing comma", b'{"inputs":[],}'),
    Refused("lone surrogate", b'{"id":"\\ud800","inputs":[]}'),
    Refused("deep lists", b'{"inputs":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    Refused("deep objects", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    Refused("NaN", _number("NaN")),
    Refused("Infinity", _number("Infinity")),
    Refused("-Infinity", _number("-Infinity")),
    Refused("a number with a plus", _number("+1")),
    Refused("a hexadecimal number", _number("0x10")),
]

NOT_V2 = [
    Refused("a list", []),
    Refused("a text", "rows"),
    Refused("a number", 1),
    Refused("null", b"null"),
    Refused("no inputs", {}),
    Refused("inputs null", {"inputs": None}),
    Refused("inputs empty", {"inputs": []}),
    Refused("inputs an object", {"inputs": {"name": "rows"}}),
    Refused("an input null", {"inputs": [None]}),
    Refused("an input a list", {"inputs": [[1, 2]]}),
    Refused("an input empty", {"inputs": [{}]}),
    Refused("integer id", {"id": 1, **rows()}),
    Refused("object id", {"id": {}, **rows()}),
    Refused("outputs an object", {"outputs": {"name": "churn_probability"}, **rows()}),
    Refused("outputs an empty object", {"outputs": {}, **rows()}),
    Refused("outputs an empty text", {"outputs": "", **rows()}),
    Refused("outputs false", {"outputs": False, **rows()}),
    Refused("an output without name", {"outputs": [{}], **rows()}),
    Refused("an output null", {"outputs": [None], **rows()}),
    Refused("an output with integer name", {"outputs": [{"name": 1}], **rows()}),
    Refused("unknown output", {"outputs": [{"name": "nothing"}], **rows()}),
    Refused("unknown output beside a known one", {"outputs": [{"name": "churn_probability"}, {"name": "x"}], **rows()}),
    Refused("parameters a list", {"parameters": [], **rows()}),
    Refused("parameters a text", {"parameters": "a", **rows()}),
    Refused("no name", rows(name=None)),
    Refused("integer name", rows(name=1)),
    Refused("no shape", rows(shape=None)),
    Refused("shape a text", rows(shape="1")),
    Refused("shape a number", rows(shape=19)),
    Refused("shape of texts", rows(shape=["a", "b"])),
    Refused("shape of fractions", rows(shape=[1.5, WIDTH])),
    Refused("shape with null", rows(shape=[None, WIDTH])),
    Refused("shape empty", rows(shape=[])),
    Refused("no datatype", rows(datatype=None)),
    Refused("unknown datatype", rows(datatype="FP128")),
    Refused("lower-case datatype", rows(datatype="fp32")),
    Refused("integer datatype", rows(datatype=32)),
    Refused("no data", rows(data=None)),
    Refused("data null", b'{"inputs":[{"name":"rows","shape":[1,19],"datatype":"FP32","data":null}]}'),
    Refused("data an object", rows(data={"0": 1})),
    Refused("data a text", rows(data="abc")),
    Refused("tensor parameters a list", rows(parameters=[1])),
    Refused("binary size without binary data", rows(data=None, parameters={"binary_data_size": 76})),
]

BAD_MATRIX = [
    Refused("data too short", rows(data=_ROW[1:])),
    Refused("data too long", rows(data=[*_ROW, 1.0])),
    Refused("data empty", rows(data=[])),
    Refused("too few features", rows(shape=[1, WIDTH - 1], data=_ROW[1:])),
    Refused("too many features", rows(shape=[1, WIDTH + 1], data=[*_ROW, 1.0])),
    Refused("transposed", rows(shape=[WIDTH, 1])),
    Refused("one dimension", rows(shape=[WIDTH])),
    Refused("three dimensions", rows(shape=[1, WIDTH, 1])),
    Refused("a hundred dimensions", rows(shape=[1] * 98 + [1, WIDTH])),
    Refused("negative rows", rows(shape=[-1, WIDTH])),
    Refused("two negative dimensions", rows(shape=[-1, -WIDTH])),
    Refused("no rows", rows(shape=[0, WIDTH], data=[])),
    Refused("no features", rows(shape=[1, 0], data=[])),
    Refused("huge width", rows(shape=[1, 2**62])),
    Refused("a shape whose product overflows", rows(shape=[2**33, 2**33]), (400, 413)),
    Refused("a shape beyond 64 bits", rows(shape=[2**70, WIDTH]), (400, 413)),
    Refused("a million rows that are not there", rows(shape=[10**6, WIDTH]), (400, 413)),
    Refused("1,001 rows", rows(shape=[1001, WIDTH], data=[0] * (1001 * WIDTH)), (413,)),
    Refused("uneven nesting", rows(data=[_ROW[:9], 1, _ROW[10:]])),
    Refused("rows of different lengths", rows(shape=[2, WIDTH], data=[[*_ROW, 1.0], _ROW[1:]])),
    Refused("words", rows(data=["a"] * WIDTH)),
    Refused("one word", rows(data=_first("a"))),
    Refused("a number as text", rows(data=_first("1.5"))),
    Refused("a truth value", rows(data=_first(True))),
    Refused("an object", rows(data=_first({}))),
    Refused("an empty list", rows(data=_first([]))),
    Refused("beyond float32", rows(data=_first(1e39))),
    Refused("beyond float64", _number("1e999")),
    Refused("an integer beyond float64", _number("1" + "0" * 400)),
    Refused("an integer beyond float32", rows(data=_first(10**39))),
    Refused("a matrix of BYTES", rows(datatype="BYTES", data=["1"] * WIDTH)),
    Refused("a matrix of BOOL", rows(datatype="BOOL", data=[True] * WIDTH)),
    Refused("a matrix of INT64", rows(datatype="INT64", data=[1] * WIDTH)),
    Refused("two matrices", {"inputs": [rows()["inputs"][0], {**rows()["inputs"][0], "name": "more"}]}),
    Refused("the same matrix twice", {"inputs": rows()["inputs"] * 2}),
]

GENERAL = [*NOT_JSON, *NOT_V2, *BAD_MATRIX]
"""Refused whatever the features are called."""

"""The binary tensor extension: bytes to JSON, JSON to bytes, and what is wrong with either."""

import json
import struct
from typing import Any

import pytest
from churn_runtimes.v2.binary_tensors import join_answer, split_request, wanted_binary
from churn_runtimes.v2.errors import BadRequest


def _body(inputs: list[dict[str, Any]], contents: bytes) -> tuple[bytes, str]:
    head = json.dumps({"inputs": inputs}).encode()
    return head + contents, str(len(head))


def _tensor(datatype: str, size: Any, shape: list[int]) -> dict[str, Any]:
    return {"name": "a", "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}}


@pytest.mark.parametrize(
    ("datatype", "content", "data"),
    [
        ("FP32", struct.pack("<2f", 1.5, -2), [1.5, -2]),
        ("FP64", struct.pack("<2d", 0.1, 3), [0.1, 3]),
        ("INT8", struct.pack("<2b", -1, 5), [-1, 5]),
        ("UINT64", struct.pack("<2Q", 2**63, 0), [2**63, 0]),
        ("BOOL", b"\x01\x00", [True, False]),
        ("BYTES", b"\x03\x00\x00\x00Yes\x00\x00\x00\x00", ["Yes", ""]),
    ],
)
def test_bytes_become_data(datatype: str, content: bytes, data: list[Any]) -> None:
    body, length = _body([_tensor(datatype, len(content), [2])], content)
    (tensor,) = split_request(body, length)["inputs"]
    assert tensor == {"name": "a", "datatype": datatype, "shape": [2], "parameters": {}, "data": data}


def test_json_and_binary_tensors_mix() -> None:
    plain = {"name": "b", "datatype": "FP64", "shape": [1], "data": [1]}
    body, length = _body([plain, _tensor("INT16", 2, [1])], struct.pack("<h", 7))
    assert [tensor["data"] for tensor in split_request(body, length)["inputs"]] == [[1], [7]]


@pytest.mark.parametrize(
    ("tensor", "content", "message"),
    [
        pytest.param(_tensor("FP32", 8, [1]), b"\0" * 4, "4 bytes are left", id="fewer bytes than said"),
        pytest.param(_tensor("FP32", 4, [1]), b"\0" * 8, "4 bytes after the last", id="more bytes than said"),
        pytest.param(_tensor("FP32", 3, [1]), b"\0" * 3, "no whole number", id="a part of an element"),
        pytest.param(_tensor("FP32", -1, [1]), b"", "binary_data_size -1", id="a negative size"),
        pytest.param(_tensor("FP32", True, [1]), b"\0", "binary_data_size True", id="a size that is none"),
        pytest.param(_tensor("FP128", 1, [1]), b"\0", "no such datatype", id="an unknown datatype"),
        pytest.param(_tensor("BYTES", 3, [1]), b"\0\0\0", "within a length", id="BYTES cut in a length"),
        pytest.param(_tensor("BYTES", 5, [1]), b"\x09\0\0\0a", "within an element", id="BYTES cut in an element"),
        pytest.param(_tensor("BYTES", 5, [1]), b"\x01\0\0\0\xff", "no UTF-8", id="BYTES that are no text"),
        pytest.param(_tensor("FP32", 4, [1]), struct.pack("<f", float("inf")), "infinite", id="infinity"),
        pytest.param({**_tensor("FP32", 4, [1]), "data": [1]}, b"\0" * 4, "and behind it", id="data twice"),
    ],
)
def test_mistakes_are_the_clients(tensor: dict[str, Any], content: bytes, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        split_request(*_body([tensor], content))


@pytest.mark.parametrize("length", ["", "x", "-1", "9999", pytest.param("9" * 5_000, id="5,000 digits")])
def test_a_header_length_that_is_none(length: str) -> None:
    with pytest.raises(BadRequest, match="no length within the body"):
        split_request(b"{}", length)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, False),
        ({"parameters": {"binary_data_output": True}}, True),
        ({"outputs": [{"name": "p", "parameters": {"binary_data": True}}]}, True),
        (
            {
                "parameters": {"binary_data_output": True},
                "outputs": [{"name": "p", "parameters": {"binary_data": False}}],
            },
            False,
        ),
    ],
)
def test_which_outputs_are_wanted_as_bytes(request_: dict[str, Any], expected: bool) -> None:
    assert wanted_binary(request_).wants("p") is expected


def test_an_answer_as_bytes() -> None:
    answer = {"model_name": "m", "outputs": [{"name": "p", "datatype": "FP64", "shape": [2], "data": [0.25, 0.5]}]}
    length, body = join_answer(answer, wanted_binary({"parameters": {"binary_data_output": True}}))
    (output,) = json.loads(body[:length])["outputs"]
    assert output == {"name": "p", "datatype": "FP64", "shape": [2], "parameters": {"binary_data_size": 16}}
    assert struct.unpack("<2d", body[length:]) == (0.25, 0.5)

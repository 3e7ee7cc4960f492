"""Hypothesis strategies for V2 requests: good ones in all forms, and nearly good ones that differ in one or two places.

`bodies` gives the bytes of a JSON body, `binary_bodies` those of one with binary tensors and its JSON's length. Used
where two ways through the server have to answer alike.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.numeric_feature import NumericFeature
from churn_runtimes.v2.datatype import Datatype
from hypothesis import strategies as st
from support.v2_tensors import Json, bytes_elements

DATATYPES = [
    *("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"),
    *("FP16", "FP32", "FP64", "BYTES", "BF16", "fp32", ""),
]

_EDGES = [0.0, -0.0, 1e-40, 5e-324, 3.4028234663852886e38, 3.5e38, 1e308, 1e16, 0.1, -1, 127, 128, 255, 256, 65504]
_EDGES += [2**24 + 1, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, 10**400]
_TEXT_NUMBERS = ["1", "1.5", " 2 ", "", " ", "1e3", "-0", "+4", "1_000", "0x10", "nan", "inf", "١", "a", "1" * 400]
_TEXTS = ["", " ", "1.0", "true", "ü€𝄞", "\u2028", '"\\/', "\x00", "No", "yes", None]
_ODD_NUMBERS = [*_EDGES, float("nan"), float("inf"), float("-inf"), True, False, None]
_ODD = st.sampled_from([*_ODD_NUMBERS, *_TEXT_NUMBERS, *_TEXTS, [], {}, [1], [[1]], {"a": 1}])
_LENGTHS = [*["{}"] * 12, "0", "{}0", "-1", " {}", "x"]
_IDS = ["1", "request 7", "", "ü€𝄞", "\x00\x1f\x7f", '"\\/\u2028', "x" * 300]


def bodies(schema: FeatureSchema, outputs: Sequence[str]) -> st.SearchStrategy[bytes]:
    """JSON bodies for an ensemble of these features and output tensors."""
    return _requests(schema, outputs).flatmap(_written)


def binary_bodies(schema: FeatureSchema, outputs: Sequence[str]) -> st.SearchStrategy[tuple[bytes, str]]:
    """The same requests with their tensors' data as bytes behind the JSON, as far as they can be that."""
    return st.builds(_with_bytes, _requests(schema, outputs), st.sampled_from(_LENGTHS))


def _with_bytes(request: Json, length: str) -> tuple[bytes, str]:
    contents = []
    inputs = request.get("inputs")
    for tensor in inputs if isinstance(inputs, list) else []:
        content = _bytes_of(tensor) if isinstance(tensor, dict) else None
        if content is not None:
            del tensor["data"]
            parameters = tensor.get("parameters")
            known = parameters if isinstance(parameters, dict) else {}
            tensor["parameters"] = {**known, "binary_data_size": len(content)}
            contents.append(content)
    head = json.dumps(request).encode("utf-8", "surrogatepass")
    return b"".join([head, *contents]), length.format(len(head))


def _bytes_of(tensor: Json) -> bytes | None:
    """Missing values as NaN or an empty text; None for what has no bytes."""
    data, datatype = tensor.get("data"), tensor.get("datatype")
    if not isinstance(data, list) or not isinstance(datatype, str) or datatype not in set(Datatype):
        return None
    numpy = Datatype(datatype).numpy
    if numpy is None:
        return bytes_elements([str(value) if value is not None else "" for value in data])
    try:
        with np.errstate(all="ignore"):
            return np.array([np.nan if value is None else value for value in data]).astype(numpy).tobytes()
    except (ValueError, TypeError, OverflowError):
        return None


@st.composite
def _requests(draw: st.DrawFn, schema: FeatureSchema, outputs: Sequence[str]) -> Json:
    """The values of a good request come from one drawn seed, which is fast; what is odd about it can shrink."""
    random = draw(st.randoms(use_true_random=True))
    rows = draw(st.sampled_from([1, 1, 1, 2, 3, 7]))
    columns, usual = draw(st.booleans()), draw(st.booleans())
    inputs = _columns(random, schema, rows, usual) if columns else [_matrix(random, len(schema.features), rows)]
    request: Json = {"id": draw(st.sampled_from(_IDS)), "inputs": inputs}
    if draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(outputs), max_size=3))
        request["outputs"] = [{"name": name, **_parameters(draw)} for name in names]
    request |= _parameters(draw)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        draw(st.sampled_from(_CHANGES))(draw, request)
    return dict(draw(st.permutations(list(request.items()))))


def _columns(random: Random, schema: FeatureSchema, rows: int, usual: bool) -> list[Json]:
    """In the usual datatypes alone, or some in others that fit the feature."""
    tensors = [_column(random, feature, rows, usual) for feature in schema.features]
    if random.random() < 0.3:
        random.shuffle(tensors)
    return tensors


def _column(random: Random, feature: Feature, rows: int, usual: bool) -> Json:
    forms = _NUMERIC_FORMS if isinstance(feature, NumericFeature) else _CATEGORICAL_FORMS
    datatype, value = forms[0] if usual else random.choice(forms)
    data = [value(random, feature) for _ in range(rows)]
    return {"name": feature.name, "shape": [rows], "datatype": datatype, "data": data}


def _number(random: Random, _: object = None) -> float | int | None:
    kind = random.random()
    if kind < 0.05:
        return None
    return random.randint(0, 100) if kind < 0.4 else random.choice([random.uniform(0, 2000), random.uniform(-10, 1e6)])


def _category(random: Random, feature: CategoricalFeature) -> str | None:
    known = random.choice(feature.categories)
    kind = random.random()
    if kind < 0.8:
        return known
    return random.choice([f" {known}", f"{known}  ", known.lower(), *_TEXTS])


def _whole(random: Random, _: object) -> int:
    return random.randint(0, 100)


_NUMERIC_FORMS: list[tuple[str, Callable[[Random, Any], Any]]] = [
    *[("FP64", _number)] * 6,
    *[("FP32", _number)] * 4,
    *[("INT64", _whole), ("INT32", _whole), ("UINT8", _whole)],
    ("BYTES", lambda random, _: random.choice(_TEXT_NUMBERS[:9])),
]
_CATEGORICAL_FORMS: list[tuple[str, Callable[[Random, Any], Any]]] = [
    *[("BYTES", _category)] * 20,
    ("INT64", lambda random, _: random.randint(0, 2)),
    ("FP64", lambda random, _: random.choice([0.0, 1.0, 0.5, None])),
    ("BOOL", lambda random, _: random.random() < 0.5),
]


def _matrix(random: Random, width: int, rows: int) -> Json:
    data: list[Any] = [_number(random) for _ in range(rows * width)]
    if random.random() < 0.5:
        data = [data[start : start + width] for start in range(0, rows * width, width)]
    datatype = random.choice(["FP32", "FP64", "FP32", "FP16"])
    return {"name": random.choice(["rows", ""]), "shape": [rows, width], "datatype": datatype, "data": data}


def _parameters(draw: st.DrawFn) -> Json:
    choices: list[Any] = [
        *[None] * 20,
        {},
        {"priority": 1},
        {"binary_data": False},
        {"binary_data": True},
        {"binary_data_output": False},
        {"binary_data_output": True},
        {"binary_data_size": 8},
        {"content_type": "np"},
        {"content_type": "pd"},
        {"content_type": "str", "binary_data": False},
        {"content_type": 1},
        {"content_type": "base64"},
        {"headers": {"a": "b"}},
        [],
        "a",
    ]
    chosen = draw(st.sampled_from(choices))
    return {} if chosen is None else {"parameters": chosen}


def _tensor(draw: st.DrawFn, request: Json) -> Json:
    inputs = request.get("inputs")
    tensors = [tensor for tensor in inputs if isinstance(tensor, dict)] if isinstance(inputs, list) else []
    return draw(st.sampled_from(tensors)) if tensors else {}


def _reshape(draw: st.DrawFn, request: Json) -> None:
    tensor = _tensor(draw, request)
    shape = tensor.get("shape")
    rows = shape[0] if isinstance(shape, list) and shape and isinstance(shape[0], int) else 1
    shapes = [
        [rows, 1],
        [1, rows],
        [],
        [rows + 1],
        [-1],
        [0],
        [rows, 19],
        [19, rows],
        [rows, -1],
        [1.0],
        [None],
        "1",
        1,
    ]
    tensor["shape"] = draw(st.sampled_from([*shapes, [rows, 1], [rows, 1], [rows, 1, 1], [1001], [2**63], [True]]))


def _nest(draw: st.DrawFn, request: Json) -> None:
    tensor = _tensor(draw, request)
    data = tensor.get("data")
    if isinstance(data, list):
        tensor["data"] = draw(
            st.sampled_from([[[value] for value in data], [data], [[data]], [*data[:-1], [data[-1:]]]])
        )


def _retype(draw: st.DrawFn, request: Json) -> None:
    _tensor(draw, request)["datatype"] = draw(st.sampled_from(DATATYPES))


def _odd_element(draw: st.DrawFn, request: Json) -> None:
    data = _tensor(draw, request).get("data")
    if isinstance(data, list) and data:
        data[draw(st.integers(0, len(data) - 1))] = draw(_ODD)


def _parametrize(draw: st.DrawFn, request: Json) -> None:
    _tensor(draw, request).update(_parameters(draw))


def _odd_data(draw: st.DrawFn, request: Json) -> None:
    _tensor(draw, request)["data"] = draw(_ODD)


def _resize(draw: st.DrawFn, request: Json) -> None:
    tensor = _tensor(draw, request)
    if isinstance(data := tensor.get("data"), list):
        tensor["data"] = draw(st.sampled_from([data[1:], data * 2, []]))


def _odd_tensor_field(draw: st.DrawFn, request: Json) -> None:
    tensor = _tensor(draw, request)
    name = draw(st.sampled_from(["name", "shape", "datatype", "data", "parameters", "vendor"]))
    if draw(st.booleans()):
        tensor.pop(name, None)
    else:
        tensor[name] = draw(_ODD)


def _odd_field(draw: st.DrawFn, request: Json) -> None:
    name = draw(st.sampled_from(["id", "inputs", "outputs", "parameters", "model_name", "model_version", "vendor"]))
    if draw(st.booleans()):
        request.pop(name, None)
    else:
        request[name] = draw(_ODD)


def _more_or_fewer(draw: st.DrawFn, request: Json) -> None:
    inputs = request.get("inputs")
    if isinstance(inputs, list) and inputs:
        changes = [inputs[1:], [*inputs, inputs[0]], [inputs[0], *inputs[:-1]], inputs[:1], [*inputs, {}], [None], []]
        request["inputs"] = draw(st.sampled_from(changes))


def _rename(draw: st.DrawFn, request: Json) -> None:
    _tensor(draw, request)["name"] = draw(st.sampled_from(["tenure", "rows", "", "gender", "churn_probability"]))


def _odd_outputs(draw: st.DrawFn, request: Json) -> None:
    odd = [[{"name": "nothing"}], [{}], [None], {}, None, [{"name": 1}], "churn_probability", [{"name": ""}]]
    request["outputs"] = draw(st.sampled_from(odd))


_CHANGES: list[Callable[[st.DrawFn, Json], None]] = [
    *(_reshape, _nest, _retype, _odd_element, _odd_element, _parametrize, _odd_data, _resize),
    *(_odd_tensor_field, _odd_field, _more_or_fewer, _rename, _odd_outputs),
]


def _written(request: Json) -> st.SearchStrategy[bytes]:
    """The JSON texts of one request: separators, escapes, blanks around it, now and then a key twice."""
    texts = [
        json.dumps(request),
        json.dumps(request, separators=(",", ":")),
        json.dumps(request, ensure_ascii=False, separators=(" ,", " :  ")),
        json.dumps(request, indent="\t"),
        f" \r\n\t{json.dumps(request)}\n\n",
        json.dumps(request).replace('{"', '{"id": "first", "', 1),
        json.dumps(request).replace("e+", "E"),
    ]
    weighted = [*texts[:5], *texts[:5], *texts]
    # A lone surrogate, which Hypothesis does not make but escapes could carry, has no UTF-8.
    return st.sampled_from([text.encode("utf-8", "surrogatepass") for text in weighted])

"""Raw customers as V2 inference requests, over REST and gRPC, the column-by-name form."""

from collections.abc import Sequence
from typing import Any

import grpc
import httpx
import numpy as np
import pandas as pd
from churn_models.combine import Scores
from churn_models.feature_schema import Feature, FeatureSchema
from churn_models.numeric_feature import NumericFeature
from churn_models.spelling import text_of
from mlserver.grpc import dataplane_pb2 as messages
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub

_SECONDS = 30


def infer_request(schema: FeatureSchema, raw: pd.DataFrame, outputs: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON body: one tensor per column, missing values as null."""
    inputs = [_tensor(feature, raw[feature.name]) for feature in schema.features]
    body: dict[str, Any] = {"inputs": inputs}
    if outputs:
        body["outputs"] = [{"name": name} for name in outputs]
    return body


def infer_rest(url: str, model: str, body: dict[str, Any]) -> dict[str, Scores]:
    """POST the body; the answered tensors by name. Raises HTTPStatusError."""
    response = httpx.post(f"{url}/v2/models/{model}/infer", json=body, timeout=_SECONDS)
    response.raise_for_status()
    return {output["name"]: np.asarray(output["data"]) for output in response.json()["outputs"]}


def infer_grpc(target: str, model: str, schema: FeatureSchema, raw: pd.DataFrame) -> Scores:
    """The same rows by gRPC; NaN stands for a missing number, an empty text for a missing category."""
    request = messages.ModelInferRequest(model_name=model)
    for feature in schema.features:
        tensor = _tensor(feature, raw[feature.name])
        contents = messages.InferTensorContents()
        if isinstance(feature, NumericFeature):
            contents.fp64_contents.extend(np.nan if value is None else value for value in tensor["data"])
        else:
            contents.bytes_contents.extend((value or "").encode() for value in tensor["data"])
        request.inputs.add(name=feature.name, datatype=tensor["datatype"], shape=tensor["shape"], contents=contents)
    with grpc.insecure_channel(target) as channel:
        answer = GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=_SECONDS)
    return np.asarray(answer.outputs[0].contents.fp64_contents)


def _tensor(feature: Feature, values: "pd.Series[Any]") -> dict[str, Any]:
    numeric = isinstance(feature, NumericFeature)
    data = [_number(value) for value in values] if numeric else [text_of(value) for value in values]
    datatype = "FP64" if numeric else "BYTES"
    return {"name": feature.name, "datatype": datatype, "shape": [len(data)], "data": data}


def _number(value: Any) -> float | None:
    text = str(value).strip()
    return None if text in ("", "nan", "None") else float(text)

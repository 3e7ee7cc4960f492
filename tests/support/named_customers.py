"""Customers who ask a ChurnModel of the cluster by their names, each several times, and which version answered them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import httpx
import pandas as pd
from churn_models.feature_schema import FeatureSchema
from support.v2_client import infer_request

_SECONDS = 30


def ask_by_name(
    address: str, model: str, schema: FeatureSchema, customers: pd.DataFrame, header: str, times: int
) -> Mapping[str, Sequence[str]]:
    """By customer the versions that answered, in turn. Every other one is named by a parameter, not by the header."""
    answered: dict[str, list[str]] = defaultdict(list)
    with httpx.Client(timeout=_SECONDS) as client:
        for _ in range(times):
            for place in range(len(customers)):
                row = customers[place : place + 1]
                name = str(row["customerID"].iloc[0])
                body = infer_request(schema, row)
                by_header = {header: name} if place % 2 else {}
                if not by_header:
                    body["parameters"] = {header: name}
                answer = client.post(f"http://{address}/v2/models/{model}/infer", json=body, headers=by_header)
                answer.raise_for_status()
                answered[name].append(str(answer.json()["model_version"]))
    return answered

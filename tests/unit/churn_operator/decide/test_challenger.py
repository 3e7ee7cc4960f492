"""Which ChurnModels look for a challenger."""

from typing import Any

import pytest
from churn_operator.api.model_source import ModelSource
from churn_operator.decide.target import challenger_of
from support.observations import DIGESTS, model

CHALLENGER = ModelSource(name="telco", alias="challenger")


@pytest.mark.parametrize(
    ("spec", "source"),
    [
        pytest.param({}, CHALLENGER, id="suggested by default"),
        pytest.param({"loop": {"promote": "Auto"}}, CHALLENGER, id="by itself"),
        pytest.param({"model": {"name": "telco", "alias": "champion"}}, CHALLENGER, id="champion by name"),
        pytest.param({"loop": {"promote": "Observe"}}, None, id="left alone"),
        pytest.param({"model": {"name": "telco", "alias": "challenger"}}, None, id="served anyway"),
        pytest.param({"model": {"name": "telco", "version": "7"}}, None, id="pinned by version"),
        pytest.param({"model": {"name": "telco", "digest": DIGESTS["1"]}}, None, id="pinned by digest"),
    ],
)
def test_a_challenger_is_tried_where_champion_is_followed(spec: dict[str, Any], source: ModelSource | None) -> None:
    assert challenger_of(model(spec).spec) == source

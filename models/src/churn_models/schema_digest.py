"""Whether two schemas encode alike: what a bundle may differ in and still score rows that another one has encoded.

The runtimes ask it of a candidate's table before it may score a row.
"""

import json
from typing import Any

from churn_models.digest import Digest, digest_of
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.stream_features.stream_feature import StreamFeature


def encoding_digest(schema: FeatureSchema) -> Digest:
    """The same for schemas whose encoding is the same: neither what training saw nor columns around the features."""
    encoded = {
        "features": [_encoded(feature) for feature in schema.features],
        "missing": sorted(schema.missing_markers),
    }
    return digest_of(json.dumps(encoded, sort_keys=True).encode())


def _encoded(feature: Feature) -> dict[str, Any]:
    if isinstance(feature, CategoricalFeature):
        return {"name": feature.name, "categories": feature.categories, "nullable": feature.nullable}
    if isinstance(feature, StreamFeature):
        return {"name": feature.name, "stream": feature.definition}
    return {"name": feature.name}

"""What is done about categories that training has not seen: told in the answer, counted, or refused (`--strict`).

Every way through the server calls it with what the encoding has counted; their scores are those of a missing value.
"""

from collections.abc import Mapping

from churn_models.feature_schema import CategoricalFeature, FeatureSchema

from churn_runtimes.v2.errors import BadRequest

_SHOWN = 10


def unseen_parameters(unseen: Mapping[str, int]) -> dict[str, int]:
    """The answer's parameters: `unseen.<feature>` with the number of its values, a form that every client reads."""
    return {f"unseen.{feature}": count for feature, count in unseen.items()}


def refuse_unseen(schema: FeatureSchema, unseen: Mapping[str, int]) -> None:
    """Raises BadRequest that names every feature with its categories."""
    if unseen:
        raise BadRequest("; ".join(_told(schema, feature, count) for feature, count in unseen.items()))


def _told(schema: FeatureSchema, name: str, count: int) -> str:
    (feature,) = (feature for feature in schema.features if feature.name == name)
    categories = feature.categories if isinstance(feature, CategoricalFeature) else ()
    more = ", …" if len(categories) > _SHOWN else ""
    values = "1 value is" if count == 1 else f"{count} values are"
    words = ", ".join(categories[:_SHOWN])
    return f"{name}: {values} no category and no code of one (0 to {len(categories) - 1}: {words}{more})"

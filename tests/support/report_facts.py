"""Facts of a report without a training of its own: those of a bundle, with names that users might have written."""

from dataclasses import replace
from pathlib import Path

from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.reference import CategoricalReference, FeatureReference
from churn_training.datasets import Dataset
from churn_training.report.facts import Facts, facts_of_bundle
from churn_training.report.later import judged_rows_of
from churn_training.train import Trained

SCRIPT = "</text></svg><script>document.title = 'taken over'</script><img src='http://127.0.0.1:9/x' onerror=alert(1)>"
FORMULA = "$\\frac{1}{2$ & <b>bold</b> 顧客"


def facts_of(trained: Trained, spec: EnsembleSpec, dataset: Dataset, folder: Path) -> Facts:
    """As `train` had them; the data set goes through a file, as for the command `report`."""
    path = folder / "customers.csv"
    dataset.raw.to_csv(path, index=False)
    return facts_of_bundle(trained.bundle, spec, judged_rows_of(trained.bundle, str(path)))


def with_hostile_names(facts: Facts) -> Facts:
    """Every feature and category is called by markup, a script, or something like a formula."""
    names = {feature.name: f"{feature.name} {SCRIPT}{FORMULA}" for feature in facts.schema.features}
    features = [_renamed(feature, names[feature.name]).model_dump() for feature in facts.schema.features]
    references = {names[name]: _recounted(found) for name, found in facts.reference.features.items()}
    return replace(
        facts,
        origin=replace(facts.origin, dataset=facts.origin.dataset.model_copy(update={"name": SCRIPT})),
        schema=FeatureSchema.model_validate(facts.schema.model_dump() | {"features": features}),
        reference=facts.reference.model_copy(update={"features": references}),
    )


def _renamed(feature: Feature, name: str) -> Feature:
    if not isinstance(feature, CategoricalFeature):
        return feature.model_copy(update={"name": name})
    categories = tuple(f"{SCRIPT}{FORMULA}{category}" for category in feature.categories)
    return feature.model_copy(update={"name": name, "categories": categories})


def _recounted(found: FeatureReference) -> FeatureReference:
    if not isinstance(found, CategoricalReference):
        return found
    counts = {f"{SCRIPT}{FORMULA}{category}": rows for category, rows in found.counts.items()}
    return found.model_copy(update={"counts": counts})

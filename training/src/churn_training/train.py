"""The pipeline from a data set to a bundle on disk, read top to bottom. `cli` publishes the result."""

from dataclasses import dataclass
from pathlib import Path

from churn_models.bundle import Bundle
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema

from churn_training.build_reference import build_reference, reference_sample
from churn_training.datasets import Dataset
from churn_training.errors import GateFailed
from churn_training.evaluate import Evaluation, with_intervals
from churn_training.fit_ensemble import FittedEnsemble, fit_ensemble
from churn_training.gate import missed
from churn_training.learners.registry import check_members
from churn_training.metrics import measure
from churn_training.plots import PLOTS, write_plots
from churn_training.progress import say, step
from churn_training.select_golden import select_golden
from churn_training.split import split
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from churn_training.write_bundle import (
    BUNDLE,
    BundleParts,
    dataset_identity,
    training_id,
    with_seen_ranges,
    write_bundle,
)


@dataclass(frozen=True)
class Trained:
    """A finished training: its folder (bundle and plots), the bundle, and what the holdout said."""

    folder: Path
    bundle: Bundle
    evaluation: Evaluation


def train(spec: EnsembleSpec, schema: FeatureSchema, dataset: Dataset, seed: int, output: Path) -> Trained:
    """Train one ensemble and write its bundle below `output`.

    Raises DataInvalid, GateFailed (nothing is written then), SpecError or BundleError.
    """
    check_members(spec)
    with step(f"validate {len(dataset.raw)} rows of {dataset.name}"):
        table = validate(schema, dataset.raw)
    data = TrainingData.from_table(schema, table)
    parts = split(data, spec.holdout)
    fitted, kept = data.rows(parts.train), data.rows(parts.holdout)
    say(f"  split by {parts.rule.by}: {len(parts.train)} rows to fit, {len(parts.holdout)} that judge")
    if len(parts.waiting):
        say(f"  {len(parts.waiting)} rows wait for their class (label_delay) and are used for nothing")
    ensemble = fit_ensemble(spec, fitted, seed)
    with step("evaluate on the holdout"):
        evaluation = _evaluate(ensemble, fitted, kept, seed)
    if failures := missed(spec.gate, evaluation.values()):
        raise GateFailed("the gate of ensemble.yaml refused the ensemble:\n  - " + "\n  - ".join(failures))
    identity = dataset_identity(dataset.name, table)
    identifier = training_id(spec, schema, identity, seed)
    folder = output / spec.name / identifier[:12]
    with step(f"write the bundle to {folder}"):
        reference = build_reference(ensemble, fitted, kept, seed)
        bundle = write_bundle(
            BundleParts(
                spec=spec,
                schema=with_seen_ranges(schema, table.iloc[parts.train]),
                dataset=identity,
                training_id=identifier,
                ensemble=ensemble,
                reference=reference,
                sample=reference_sample(fitted, seed),
                golden=select_golden(schema, table.iloc[parts.holdout], seed),
                evaluation=evaluation,
            ),
            folder / BUNDLE,
        )
        importances = {name: feature.importance for name, feature in reference.features.items()}
        write_plots(folder / PLOTS, kept.target, ensemble.score(kept.matrix), importances)
    return Trained(folder, bundle, evaluation)


def _evaluate(ensemble: FittedEnsemble, fitted: TrainingData, kept: TrainingData, seed: int) -> Evaluation:
    members = {name: measure(kept.target, member.score(kept.matrix)) for name, member in ensemble.members.items()}
    return Evaluation(
        seed=seed,
        train_rows=len(fitted.target),
        holdout_rows=len(kept.target),
        churn_rate=float(kept.target.mean()),
        ensemble=with_intervals(kept.target, ensemble.score(kept.matrix), seed),
        members=members,
    )

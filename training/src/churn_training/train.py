"""The pipeline from a data set to a bundle on disk, read top to bottom. `cli` publishes the result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from churn_models.bundle import Bundle
from churn_models.comparison import Comparison
from churn_models.derive import with_means
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema

from churn_training.asked_by import AskedBy
from churn_training.build_reference import reference_of, reference_sample, score_reference
from churn_training.data_guard import guard
from churn_training.datasets import Dataset
from churn_training.decision_threshold import decision_threshold
from churn_training.errors import FloorMissed, GateFailed
from churn_training.evaluate import Evaluation, member_figures, with_intervals
from churn_training.face_champion import face_champion
from churn_training.fit_ensemble import FittedEnsemble, fit_ensemble
from churn_training.gate import missed
from churn_training.importances import permutation_importances
from churn_training.judged_rows import JudgedRows
from churn_training.learners.registry import check_members
from churn_training.out_of_fold import OutOfFold, score_out_of_fold
from churn_training.plots import PLOTS, write_plots
from churn_training.progress import say, step
from churn_training.report.facts import Facts, facts_of_bundle, facts_of_refused
from churn_training.report.write_report import REFUSED, REPORT, write_report
from churn_training.retraining import FIRST, Retraining
from churn_training.select_golden import select_golden
from churn_training.split import Split, holdout_of, split
from churn_training.training_data import TrainingData
from churn_training.unfit_rows import without_unfit
from churn_training.validate import validate
from churn_training.write_bundle import (
    BUNDLE,
    BundleParts,
    Judgement,
    dataset_identity,
    training_id,
    with_seen_ranges,
    write_bundle,
)


@dataclass(frozen=True)
class Trained:
    """A finished training: its folder (bundle, plots, report), the bundle, and what the rows that judge said."""

    folder: Path
    bundle: Bundle
    evaluation: Evaluation


@dataclass(frozen=True)
class Fitted:
    """The ensemble and its threshold with the rows that they were found on, those rows' out-of-fold scores, and the
    rows that judge it.
    """

    ensemble: FittedEnsemble
    threshold: float
    rows: TrainingData
    left_out: OutOfFold
    judged: JudgedRows


def train(
    spec: EnsembleSpec,
    schema: FeatureSchema,
    dataset: Dataset,
    seed: int,
    output: Path,
    retraining: Retraining = FIRST,
) -> Trained:
    """Train one ensemble and write its bundle below `output`.

    Raises DataInvalid, DataRejected, GateFailed (the report alone is written then), SpecError or BundleError.
    """
    check_members(spec)
    with step(f"validate {len(dataset.raw)} rows of {dataset.name}"):
        table = validate(schema, dataset.raw)
    table = without_unfit(schema, table, retraining.unfit)
    data = TrainingData.from_table(schema, table)
    parts = split(data, holdout_of(spec, schema))
    _say_split(parts)
    if retraining.champion and retraining.asked_by is not AskedBy.PERSON:
        guard(retraining.champion, data, table, parts)
    fitted = _fit(spec, data, parts, seed)
    rows = _Rows(dataset.name, table, parts)
    with step("evaluate on the rows that judge"):
        evaluation = _evaluate(fitted, parts, seed)
    try:
        judgement = Judgement(evaluation, _gate(spec, evaluation, retraining, fitted.judged, table.iloc[parts.holdout]))
    except GateFailed as refusal:
        refused = _bundle_parts(spec, fitted, Judgement(evaluation, refusal.comparison), rows, seed)
        reason = str(refusal)
        _report(
            _folder(refused, output) / REFUSED, lambda: facts_of_refused(refused, fitted.judged.data.matrix, reason)
        )
        raise
    return _write(_bundle_parts(spec, fitted, judgement, rows, seed), fitted.judged, output)


@dataclass(frozen=True)
class _Rows:
    name: str
    table: pd.DataFrame
    parts: Split


def _say_split(parts: Split) -> None:
    say(f"  split by {parts.rule.by}: {len(parts.train)} rows to fit, {len(parts.holdout)} that judge")
    if len(parts.waiting):
        waiting = f"{len(parts.waiting)} rows are used for nothing"
        say(f"  {waiting}: their class is not known yet, or was not when the rows that judge began (label_delay)")


def _fit(spec: EnsembleSpec, data: TrainingData, parts: Split, seed: int) -> Fitted:
    rows = data.rows(parts.train)
    left_out = score_out_of_fold(spec, rows, seed)
    ensemble = fit_ensemble(spec, rows, seed, left_out)
    threshold = decision_threshold(spec.threshold, left_out.target, ensemble.join(left_out.members))
    return Fitted(ensemble, threshold, rows, left_out, JudgedRows.of(ensemble, data.rows(parts.holdout)))


def _evaluate(fitted: Fitted, parts: Split, seed: int) -> Evaluation:
    judged = fitted.judged
    return Evaluation(
        seed=seed,
        split=parts.rule,
        train_rows=len(parts.train),
        holdout_rows=len(parts.holdout),
        waiting_rows=len(parts.waiting),
        churn_rate=float(judged.data.target.mean()),
        ensemble=with_intervals(judged.data.target, judged.scores, seed, fitted.threshold),
        members=member_figures(tuple(fitted.ensemble.members), judged, fitted.threshold),
    )


def _gate(
    spec: EnsembleSpec, evaluation: Evaluation, retraining: Retraining, judged: JudgedRows, rows: pd.DataFrame
) -> Comparison | None:
    """Both halves of the gate; the comparison with the champion where there is one. Raises GateFailed."""
    if failures := missed(spec.gate, evaluation.values()):
        kind = GateFailed if retraining.asked_by is AskedBy.PERSON else FloorMissed
        raise kind("the gate of ensemble.yaml refused the ensemble:\n  - " + "\n  - ".join(failures))
    return face_champion(retraining, judged, rows, spec.gate)


def _write(parts: BundleParts, judged: JudgedRows, output: Path) -> Trained:
    """The bundle, and beside it what is for people."""
    folder = _folder(parts, output)
    with step(f"write the bundle to {folder}"):
        bundle = write_bundle(parts, folder / BUNDLE)
        importances = {name: feature.importance.mean for name, feature in parts.reference.features.items()}
        write_plots(folder / PLOTS, judged.data.target, judged.scores, importances)
    _report(folder / REPORT, lambda: facts_of_bundle(bundle, parts.spec, judged.data.matrix))
    return Trained(folder, bundle, parts.judgement.evaluation)


def _folder(parts: BundleParts, output: Path) -> Path:
    return output / parts.spec.name / parts.training_id[:12]


def _report(path: Path, facts: Callable[[], Facts]) -> None:
    """A page for people: without it a training is as good, or was refused for the same reason."""
    try:
        with step(f"write {path}"):
            write_report(facts(), path)
    except Exception as error:  # of drawing and writing, whatever it is
        say(f"  there is no report: {type(error).__name__}: {error}")


def _bundle_parts(spec: EnsembleSpec, fitted: Fitted, judgement: Judgement, rows: _Rows, seed: int) -> BundleParts:
    schema, left_out = fitted.rows.schema, fitted.left_out
    identity = dataset_identity(schema, rows.name, rows.table, rows.parts)
    with step("importances and reference"):
        reference = reference_of(
            fitted.rows,
            score_reference(left_out.members, fitted.ensemble.join(left_out.members), left_out.target),
            permutation_importances(fitted.ensemble, fitted.judged.data, seed),
            {str(metric): value for metric, value in judgement.evaluation.values().items()},
        )
    return BundleParts(
        spec=spec,
        schema=with_means(with_seen_ranges(schema, rows.table, rows.parts.train), fitted.rows.matrix),
        dataset=identity,
        training_id=training_id(spec, schema, identity, seed),
        ensemble=fitted.ensemble,
        threshold=fitted.threshold,
        reference=reference,
        sample=reference_sample(fitted.rows, seed),
        golden=select_golden(schema, rows.table, rows.parts.holdout, seed),
        holdout=fitted.judged.to_holdout(),
        judgement=judgement,
    )

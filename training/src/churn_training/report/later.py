"""The command `report`: the page again, from a bundle and from what it was trained from as far as that is named.

A bundle holds neither customers' features nor ensemble.yaml. Whoever names them gets the page that training wrote.
"""

from pathlib import Path

import numpy as np
from churn_models.bundle import Bundle, open_bundle
from churn_models.bundle_manifest import EVALUATION
from churn_models.encoding import Matrix
from churn_models.ensemble_spec import EnsembleSpec, load_ensemble

from churn_training.dataset_digest import dataset_digest
from churn_training.errors import NotItsOrigin
from churn_training.evaluate import Evaluation
from churn_training.event_features import with_event_features
from churn_training.load import load
from churn_training.report.facts import facts_of_bundle
from churn_training.report.write_report import REPORT, write_report
from churn_training.split import split
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from churn_training.write_bundle import BUNDLE, training_id


def report_of_bundle(
    folder: Path, output: Path | None, ensemble: Path | None, dataset: str | None, events: str | None = None
) -> Path:
    """Write the page beside the bundle, or to `output`; `folder` is the bundle's, or train's with bundle/ in it.

    `events` are those that the data set was trained with.

    Raises BundleError, NotItsOrigin, and what reading an ensemble or a data set raises.
    """
    bundle = open_bundle(folder / BUNDLE if (folder / BUNDLE).is_dir() else folder)
    path = output or bundle.folder.resolve().parent / REPORT
    if path.resolve().is_relative_to(bundle.folder.resolve()):
        raise NotItsOrigin(f"{path} is inside the bundle, which would not be the same with one more file")
    spec = _spec_of(bundle, ensemble) if ensemble else None
    matrix = judged_rows_of(bundle, dataset, events) if dataset else None
    write_report(facts_of_bundle(bundle, spec, matrix), path)
    return path


def _spec_of(bundle: Bundle, folder: Path) -> EnsembleSpec:
    spec, schema = load_ensemble(folder)
    manifest = bundle.manifest
    evaluation = _evaluation(bundle)
    # It may have been trained under another name (--name), and when another share of the rows was usual.
    spec = spec.renamed(manifest.model)
    spec = spec if spec.holdout is not None else spec.model_copy(update={"holdout": evaluation.split.holdout})
    if training_id(spec, schema, manifest.dataset, evaluation.seed, manifest.libraries) != manifest.training_id:
        raise NotItsOrigin(f"{folder} is not the ensemble that this bundle was trained from, or has changed since")
    return spec


def judged_rows_of(bundle: Bundle, source: str, events: str | None = None) -> Matrix:
    """The features of the rows that judged a bundle, read from its data set. Raises NotItsOrigin."""
    schema = bundle.schema()
    raw = load(source, schema.csv)
    table = validate(schema, with_event_features(schema, raw, events) if events else raw)
    if (found := dataset_digest(table)) != bundle.manifest.dataset.sha256:
        raise NotItsOrigin(
            f"these are not the rows that the bundle was trained from: they are {found}, "
            f"it names {bundle.manifest.dataset.sha256}"
        )
    data = TrainingData.from_table(schema, table)
    rows = data.rows(split(data, _evaluation(bundle).split.holdout).holdout)
    if not np.array_equal(rows.keys, bundle.holdout().keys):
        raise NotItsOrigin("another version of ChurnServe chose other rows to judge this bundle")
    return rows.matrix


def _evaluation(bundle: Bundle) -> Evaluation:
    return Evaluation.model_validate_json((bundle.folder / EVALUATION).read_bytes())

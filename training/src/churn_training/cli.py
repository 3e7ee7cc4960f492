"""The command line of the training Job: train, publish, evaluate, ingest. Turns errors into exit codes."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from churn_models.ensemble_spec import load_ensemble
from churn_models.errors import ChurnModelsError

from churn_training import progress
from churn_training.cross_validate import CrossValidation, cross_validate
from churn_training.datasets import open_dataset
from churn_training.errors import TrainingError
from churn_training.evaluate import Evaluation
from churn_training.load import load
from churn_training.publish import publish
from churn_training.sources.postgresql import PostgresqlTable, replace_postgresql
from churn_training.train import train
from churn_training.validate import validate

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="From churn data to a verified bundle in MLflow. "
    "Exit codes: 2 the data were refused, 3 the gate refused the ensemble, 4 MLflow did not take the bundle, "
    "1 anything else.",
)

Ensemble = Annotated[Path, typer.Option(help="Folder with ensemble.yaml and schema.yaml.", envvar="CHURN_ENSEMBLE")]
Data = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        help="A .csv or .parquet file or postgresql://host/database/table "
        "(credentials also by PGUSER and PGPASSWORD). Default: the ensemble's sample data in CHURN_DATA_DIR, "
        "../shared/data or ./data, else synthetic rows.",
        envvar="CHURN_DATASET",
    ),
]
TrackingUri = Annotated[str, typer.Option(help="The MLflow server.", envvar="MLFLOW_TRACKING_URI")]


@app.command("train")
def train_command(
    ensemble: Ensemble,
    dataset: Data = None,
    seed: Annotated[int, typer.Option(help="Of the split, every learner and the bootstrap.", min=0)] = 0,
    output: Annotated[Path, typer.Option(help="Where bundles are written.")] = Path("bundles"),
    name: Annotated[str | None, typer.Option(help="Registered model's name. Default: the ensemble's.")] = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option(help="The MLflow server; without it the bundle stays on disk.", envvar="MLFLOW_TRACKING_URI"),
    ] = None,
) -> None:
    """Train an ensemble and register its bundle as the challenger."""
    spec, schema = load_ensemble(ensemble)
    spec = spec.renamed(name) if name else spec
    progress.say(f"train {spec.name}")
    trained = train(spec, schema, open_dataset(dataset, spec, schema), seed, output)
    _print_evaluation(trained.evaluation)
    progress.say(f"bundle {trained.bundle.digest}")
    if tracking_uri:
        _publish(trained.folder, tracking_uri)
    else:
        progress.say(f"no MLFLOW_TRACKING_URI: the bundle stays in {trained.folder}; `publish` registers it")


@app.command("publish")
def publish_command(
    folder: Annotated[Path, typer.Argument(help="What train wrote: a folder with bundle/ in it.")],
    tracking_uri: TrackingUri,
) -> None:
    """Register a bundle that is on disk as the challenger."""
    _publish(folder, tracking_uri)


@app.command("evaluate")
def evaluate_command(
    ensemble: Ensemble,
    dataset: Data = None,
    folds: Annotated[int, typer.Option(help="Parts of the data set, each left out once.", min=2)] = 5,
    seeds: Annotated[int, typer.Option(help="Repetitions with another shuffle.", min=1)] = 5,
) -> None:
    """Cross-validate an ensemble and print its figures; nothing is registered."""
    spec, schema = load_ensemble(ensemble)
    result = cross_validate(spec, schema, open_dataset(dataset, spec, schema).raw, folds, seeds)
    print_cross_validation(spec.name, result)


@app.command("ingest")
def ingest_command(
    ensemble: Ensemble,
    source: Annotated[str, typer.Argument(help="A .csv or .parquet file.")],
    table: Annotated[str, typer.Argument(help="postgresql://host/database/table; its rows are replaced.")],
) -> None:
    """Validate a file and make a PostgreSQL table hold exactly its rows. Running it again changes nothing."""
    _, schema = load_ensemble(ensemble)
    rows = validate(schema, load(source))
    target = PostgresqlTable.from_url(table)
    replace_postgresql(target, schema, rows)
    progress.say(f"{target} holds the {len(rows)} rows of {source}")


def main() -> None:
    """Run the command line; an error of ours ends it with its own exit code and its text alone."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    try:
        app()
    except TrainingError as error:
        _fail(error, error.exit_code)
    except ChurnModelsError as error:
        _fail(error, TrainingError.exit_code)


def print_cross_validation(name: str, result: CrossValidation) -> None:
    """The figures as lines of text."""
    progress.say(f"{name}: {result.folds}-fold, mean over {result.seeds} seeds (deviation between seeds)")
    for metric, value in result.mean.items():
        progress.say(f"  {metric:<20} {value:.4f} ({result.deviation[metric]:.4f})")


def _publish(folder: Path, tracking_uri: str) -> None:
    with progress.step(f"publish to {tracking_uri}"):
        published = publish(folder, tracking_uri)
    progress.say(f"{published.model} version {published.version} is the challenger")


def _print_evaluation(evaluation: Evaluation) -> None:
    progress.say("holdout (95 % interval):")
    for metric, interval in evaluation.ensemble.items():
        progress.say(f"  {metric:<20} {interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})")


def _fail(error: Exception, code: int) -> None:
    typer.echo(f"error: {error}", err=True)
    sys.exit(code)

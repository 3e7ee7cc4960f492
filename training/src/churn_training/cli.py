"""The command line, from init to publish, promote and report. Turns errors into exit codes.

Each command imports what it needs itself: `--help` and `check` are for trying, and mlflow and the learners' libraries
take five seconds to import.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from churn_models.ensemble_spec import EnsembleSpec, load_ensemble
from churn_models.errors import ChurnModelsError, DataError
from churn_models.feature_schema import FeatureSchema

from churn_training import progress
from churn_training.asked_by import AskedBy
from churn_training.errors import TrainingError
from churn_training.search.sampler_name import SamplerName

if TYPE_CHECKING:
    from churn_training.cross_validate import CrossValidation
    from churn_training.datasets import Dataset
    from churn_training.evaluate import Evaluation
    from churn_training.unfit_rows import Span

_USUAL_TRIALS = 200

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="From churn data to a verified bundle in MLflow. "
    "Exit codes: 2 the data were refused, 3 the gate refused the ensemble, 4 MLflow did not take the bundle, "
    "5 a training that no person asked for missed a bound of ensemble.yaml, 1 anything else.",
)

Ensemble = Annotated[Path, typer.Option(help="Folder with ensemble.yaml and schema.yaml.", envvar="CHURN_ENSEMBLE")]
Data = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        help="A .csv, .csv.gz, .tsv or .parquet file or postgresql://host/database/table "
        "(credentials also by PGUSER and PGPASSWORD). Default: the ensemble's sample data in CHURN_DATA_DIR, "
        "../shared/data or ./data.",
        envvar="CHURN_DATASET",
    ),
]
Events = Annotated[
    str | None,
    typer.Option(
        help="The customers' events, in the same forms as --dataset: columns customer (or the identity's name), time, "
        "the fields that features of the stream name, and offset where it is a topic's. "
        "Each label gets its features as of its time.",
        envvar="CHURN_EVENTS",
    ),
]
AskedByOption = Annotated[
    AskedBy,
    typer.Option(
        help="Who set the training off: a person's may lose the margin of ensemble.yaml to the champion, "
        "any other must be better.",
        envvar="CHURN_ASKED_BY",
    ),
]
SchemaChange = Annotated[
    str | None,
    typer.Option(
        help="Why the schema is not the champion's; another one is refused without it.", envvar="CHURN_SCHEMA_CHANGE"
    ),
]
Study = Annotated[
    str | None, typer.Option(help="A name of the search in --storage, where `train --study` fetches what it has found.")
]
Storage = Annotated[
    str | None,
    typer.Option(
        help="Where the trials are kept: postgresql://user@host/database for workers on several machines "
        "(password also by PGPASSWORD), or sqlite:///FILE. Default of search: a file in the output.",
        envvar="CHURN_STORAGE",
    ),
]
TrackingUri = Annotated[str, typer.Option(help="The MLflow server.", envvar="MLFLOW_TRACKING_URI")]


@app.command("init")
def init_command(
    source: Annotated[str, typer.Argument(help="A .csv or .parquet file or postgresql://host/database/table.")],
    output: Annotated[Path, typer.Option(help="The folder to make; its name becomes the model's.")],
    target: Annotated[str | None, typer.Option(help="The column to predict. Default: guessed.")] = None,
    identity: Annotated[str | None, typer.Option(help="The column that names the customer. Default: guessed.")] = None,
    time: Annotated[str | None, typer.Option(help="When a row was seen. Default: guessed.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what init has written there before.")] = False,
) -> None:
    """Write a first schema.yaml, ensemble.yaml and request.json for a data set, every guess with its reason."""
    from churn_training.init.init_ensemble import Said, init_ensemble

    init_ensemble(source, Said(target, identity, time), output, force)


@app.command("check")
def check_command(
    ensemble: Ensemble,
    source: Annotated[str, typer.Argument(metavar="DATA", help="As --dataset of train.")],
    events: Events = None,
) -> None:
    """Validate a data set against schema.yaml as train does, without training."""
    from churn_training.datasets import open_dataset
    from churn_training.validate import validate

    spec, schema = load_ensemble(ensemble)
    dataset = open_dataset(source, spec, schema, events)
    with progress.step(f"validate {len(dataset.raw)} rows"):
        rows = validate(schema, dataset.raw)
    progress.say(f"{len(rows)} rows are as {ensemble / 'schema.yaml'} says")


@app.command("train")
def train_command(  # noqa: PLR0913, PLR0917  # a command line, not a function that others call
    ensemble: Ensemble,
    dataset: Data = None,
    events: Events = None,
    seed: Annotated[
        int, typer.Option(help="Of every learner and sample; which rows judge does not depend on it.", min=0)
    ] = 0,
    output: Annotated[Path, typer.Option(help="Where bundles are written.")] = Path("bundles"),
    name: Annotated[str | None, typer.Option(help="Registered model's name. Default: the ensemble's.")] = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option(help="The MLflow server; without it the bundle stays on disk.", envvar="MLFLOW_TRACKING_URI"),
    ] = None,
    asked_by: AskedByOption = AskedBy.PERSON,
    schema_change: SchemaChange = None,
    not_from: Annotated[
        list[str] | None,
        typer.Option(
            help="A time A..B (ISO 8601) in which the feed was broken: its rows are used for nothing. May be repeated."
        ),
    ] = None,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Customers made up to fit the schema; the bundle is not registered.")
    ] = False,
    study: Study = None,
    storage: Storage = None,
    or_as_written: Annotated[
        bool, typer.Option("--or-as-written", help="Take --ensemble itself where --study has found nothing yet.")
    ] = False,
) -> None:
    """Train an ensemble, compare it with the champion, and register its bundle as the challenger."""
    from churn_training.champion import fetched_champion
    from churn_training.retraining import Retraining
    from churn_training.train import train

    spec, schema = load_ensemble(ensemble)
    if study:
        from churn_training.search.found_files import found_by

        spec, schema = found_by(study, storage, (spec, schema) if or_as_written else None)
    spec = spec.renamed(name) if name else spec
    progress.say(f"train {spec.name}")
    with fetched_champion(None if synthetic else tracking_uri, spec.name, asked_by) as champion:
        retraining = Retraining(asked_by, champion, schema_change, _spans(not_from or []))
        trained = train(spec, schema, _customers(dataset, events, synthetic, spec, schema), seed, output, retraining)
    _print_evaluation(trained.evaluation)
    progress.say(f"bundle {trained.bundle.digest}")
    if synthetic:
        progress.say(f"trained on made-up customers: the bundle stays in {trained.folder} and is not registered")
    elif tracking_uri:
        _publish(trained.folder, tracking_uri)
    else:
        progress.say(f"no MLFLOW_TRACKING_URI: the bundle stays in {trained.folder}; `publish` registers it")


@app.command("search")
def search_command(  # noqa: PLR0913, PLR0917  # a command line, not a function that others call
    ensemble: Ensemble,
    output: Annotated[Path, typer.Option(help="Where the found ensemble is written; the same one goes on.")],
    dataset: Data = None,
    events: Events = None,
    trials: Annotated[
        int | None, typer.Option(help="How many trials in all, by all workers. Default: 200 without --hours.", min=1)
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            help="How long it may take in all; of that, time for comparing what was found is kept.", min=0.001
        ),
    ] = None,
    sampler: Annotated[
        SamplerName, typer.Option(help="tpe and gp (needs torch) are Bayesian, nsga2 is genetic.")
    ] = SamplerName.TPE,
    storage: Storage = None,
    study: Study = None,
    seed: Annotated[int, typer.Option(help="Of the sampler.", min=0)] = 0,
    tracking_uri: Annotated[
        str | None,
        typer.Option(help="An MLflow server that gets a run for each trial.", envvar="MLFLOW_TRACKING_URI"),
    ] = None,
    worker: Annotated[
        bool, typer.Option("--worker", help="Only try, beside a search on the same storage that chooses.")
    ] = False,
    index: Annotated[
        int,
        typer.Option(
            help="Of this pod in an Indexed Job of Kubernetes: 0 chooses, every other one is a worker.",
            envvar="JOB_COMPLETION_INDEX",
            min=0,
        ),
    ] = 0,
    name: Annotated[str | None, typer.Option(help="Registered model's name. Default: the ensemble's.")] = None,
    nested: Annotated[
        bool,
        typer.Option(
            "--nested",
            help="Search anew inside each fold of the proof: no rows are kept from the search, "
            "for eleven times the trials (six by time).",
        ),
    ] = False,
    features: Annotated[
        bool,
        typer.Option(
            "--features",
            help="Propose features derived from others, and try with those that pass a test; the schema changes.",
        ),
    ] = False,
    proof: Annotated[
        bool,
        typer.Option(
            "--proof/--no-proof",
            help="Without proof all rows to fit on are searched, all the time is for trials, and what ranks best in "
            "them is taken. For when time is very short or something else judges.",
        ),
    ] = True,
) -> None:
    """Try members, parameters and how they combine, and write the best ensemble found."""
    from churn_training.datasets import open_dataset
    from churn_training.search.run_trials import Sampling
    from churn_training.search.search_ensemble import Asked, search
    from churn_training.search.search_time import SearchTime

    time = SearchTime(None if hours is None else hours * 3600)
    spec, schema = load_ensemble(ensemble)
    spec = spec.renamed(name) if name else spec
    if nested and not proof:
        raise typer.BadParameter("it is a proof; leave out --no-proof", param_hint="--nested")
    trials = trials or (None if hours else _USUAL_TRIALS)
    tries = worker or index > 0
    sampling = Sampling(sampler, None if tries else seed)
    asked = Asked(
        ensemble, output, trials, time, sampling, storage, tries, tracking_uri, study, nested, features, proof
    )
    progress.say(f"search {spec.name}")
    found = search(asked, spec, schema, open_dataset(dataset, spec, schema, events).raw)
    if hours:
        progress.say(f"  it took {time.passed:.0f} s of {hours * 3600:.0f} s")
    if found:
        progress.say(f"the ensemble is in {output}; `train --ensemble {output}` makes a bundle of it")


@app.command("publish")
def publish_command(
    folder: Annotated[Path, typer.Argument(help="What train wrote: a folder with bundle/ in it.")],
    tracking_uri: TrackingUri,
) -> None:
    """Register a bundle that is on disk as the challenger."""
    _publish(folder, tracking_uri)


@app.command("promote")
def promote_command(
    name: Annotated[str, typer.Argument(help="The registered model.")],
    version: Annotated[str, typer.Argument(help="Its version, such as 1.")],
    tracking_uri: TrackingUri,
) -> None:
    """Make a version the champion, which `serve` takes. On a cluster the operator does this by itself."""
    from churn_models.registry import Registry

    from churn_training.promote import promote

    with Registry(tracking_uri) as registry:
        promoted = promote(registry, name, version)
    before = f", in place of version {promoted.before}" if promoted.before not in (None, promoted.version) else ""
    progress.say(f"{name} version {promoted.version} is the champion{before}: {promoted.digest}")


@app.command("evaluate")
def evaluate_command(
    ensemble: Ensemble,
    dataset: Data = None,
    events: Events = None,
    folds: Annotated[int, typer.Option(help="Parts of the data set, each left out once.", min=2)] = 5,
    seeds: Annotated[int, typer.Option(help="Repetitions with another shuffle.", min=1)] = 5,
) -> None:
    """Cross-validate an ensemble and print its figures; nothing is registered."""
    from churn_training.cross_validate import cross_validate
    from churn_training.datasets import open_dataset

    spec, schema = load_ensemble(ensemble)
    result = cross_validate(spec, schema, open_dataset(dataset, spec, schema, events).raw, folds, seeds)
    print_cross_validation(spec.name, result)


@app.command("report")
def report_command(
    bundle: Annotated[Path, typer.Option(help="A bundle's folder, or what train wrote, with bundle/ in it.")],
    output: Annotated[Path | None, typer.Option(help="The file. Default: report.html beside the bundle.")] = None,
    ensemble: Annotated[
        Path | None, typer.Option(help="The folder that it was trained from: bounds, costs and parameters.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="The rows that it was trained from, as --dataset of train: groups of customers.")
    ] = None,
    events: Events = None,
) -> None:
    """Write the report of a training again, from its bundle, as one HTML file."""
    from churn_training.report.later import report_of_bundle

    progress.say(f"the report is in {report_of_bundle(bundle, output, ensemble, dataset, events)}")
    if ensemble is None:
        progress.say("  without bounds, costs and parameters, which no bundle holds: --ensemble names them")
    if dataset is None:
        progress.say("  without groups of customers, whose features no bundle holds: --dataset names them")


@app.command("ingest")
def ingest_command(
    ensemble: Ensemble,
    source: Annotated[str, typer.Argument(help="A .csv, .csv.gz, .tsv or .parquet file.")],
    table: Annotated[str, typer.Argument(help="postgresql://host/database/table; its rows are replaced.")],
) -> None:
    """Validate a file and make a PostgreSQL table hold exactly its rows. Running it again changes nothing."""
    from churn_models.tables.postgresql_url import PostgresqlTable

    from churn_training.datasets import open_dataset
    from churn_training.ingest import ingest
    from churn_training.validate import validate

    spec, schema = load_ensemble(ensemble)
    target = PostgresqlTable.from_url(table)
    dataset = open_dataset(source, spec, schema)
    with progress.step(f"validate {len(dataset.raw)} rows"):
        rows = validate(schema, dataset.raw)
    with progress.step(f"write {len(rows)} rows"):
        ingest(target, schema, rows)
    progress.say(f"{target} holds the {len(rows)} rows of {source}")


def _customers(
    source: str | None, events: str | None, synthetic: bool, spec: EnsembleSpec, schema: FeatureSchema
) -> "Dataset":
    from churn_training.datasets import made_up_dataset, open_dataset

    if not synthetic:
        return open_dataset(source, spec, schema, events)
    for option, given in (("--dataset (CHURN_DATASET)", source), ("--events (CHURN_EVENTS)", events)):
        if given is not None:
            raise typer.BadParameter(f"it makes customers up; leave out {option}", param_hint="--synthetic")
    return made_up_dataset(schema)


def _spans(texts: list[str]) -> "tuple[Span, ...]":
    from churn_training.unfit_rows import read_span

    try:
        return tuple(map(read_span, texts))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--not-from") from error


def main() -> None:
    """Run the command line; an error of ours ends it with its own exit code and its text alone."""
    # MLflow sets its own level when it is imported.
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    try:
        app()
    except TrainingError as error:
        _fail(error, error.exit_code)
    except DataError as error:
        _fail(error, error.exit_code)
    except ChurnModelsError as error:
        _fail(error, TrainingError.exit_code)


def print_cross_validation(name: str, result: "CrossValidation") -> None:
    """The figures as lines of text."""
    progress.say(f"{name}: {result.folds}-fold, mean over {result.seeds} seeds (deviation between seeds)")
    for metric, value in result.mean.items():
        progress.say(f"  {metric:<20} {value:.4f} ({result.deviation[metric]:.4f})")


def _publish(folder: Path, tracking_uri: str) -> None:
    from churn_training.publish import publish

    published = publish(folder, tracking_uri)
    progress.say(f"{published.model} version {published.version} is the challenger")


def _print_evaluation(evaluation: "Evaluation") -> None:
    progress.say("holdout (95 % interval):")
    for metric, interval in evaluation.ensemble.items():
        progress.say(f"  {metric:<20} {interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})")


def _fail(error: Exception, code: int) -> None:
    typer.echo(f"error: {error}", err=True)
    sys.exit(code)

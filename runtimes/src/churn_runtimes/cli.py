"""The command line: `fetch` a bundle from MLflow, or `serve` one, `score` a table or a `stream` by it.

On a cluster the init container fetches and the server serves; on one machine `serve` does both.
"""

import asyncio
import gc
import json
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from churn_models.exit_code import ExitCode
from churn_models.registry import ModelReference
from churn_models.scoring.library_versions import naming_versions
from churn_models.scoring.scorer import check_golden_rows

from churn_runtimes.bundle_source import (
    Digest,
    FolderVersion,
    Source,
    State,
    StateCredentials,
    StateName,
    TrackingUri,
    open_source,
    registered_name,
)
from churn_runtimes.drift.command import drift_command
from churn_runtimes.exit_by_error import exit_by_error
from churn_runtimes.fetch import Patience, Wanted, fetch
from churn_runtimes.labels.command import labels_command
from churn_runtimes.limits import CORES, Limits
from churn_runtimes.listener import any_address, listen
from churn_runtimes.peers import Peers
from churn_runtimes.predictions.posting import Posting
from churn_runtimes.state.address import Address
from churn_runtimes.stream.command import stream_command

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Serve churn predictions over the V2 inference protocol (REST and gRPC). "
    f"Exit codes: {ExitCode.BUNDLE_FAULT} the bundle must not be used, "
    f"{ExitCode.UNAVAILABLE} MLflow or a member did not give what is needed, {ExitCode.FAILED} anything else.",
)


app.command("drift")(drift_command)


@app.command("fetch")
def fetch_command(
    source: Annotated[str, typer.Option(help="models:/name@alias or models:/name/version in MLflow.")],
    to: Annotated[Path, typer.Option(help="Folder to hold the bundle; what it held before is removed.")],
    digest: Digest = None,
    peers: Annotated[
        str | None, typer.Option(help="HOST:PORT of pods that may have the bundle, asked when MLflow does not give it.")
    ] = None,
    wait_seconds: Annotated[int, typer.Option(min=0, help="How long to try again when nobody gives it.")] = 0,
    tracking_uri: TrackingUri = None,
) -> None:
    """Copy a bundle from MLflow and verify every file of it."""
    wanted = Wanted(ModelReference.parse(source), digest, to)
    fetched = fetch(wanted, Peers.parse(peers) if peers else None, Patience(wait_seconds))
    typer.echo(f"fetched {fetched.bundle.manifest.model} {fetched.bundle.digest} from {fetched.origin}")


@app.command("serve")
def serve_command(  # noqa: PLR0913, PLR0917  # a command line, not a function that others call
    bundle: Source,
    digest: Digest = None,
    tracking_uri: TrackingUri = None,
    name: Annotated[str | None, typer.Option(help="Name to serve it under. Default: the registered model's.")] = None,
    model_version: FolderVersion = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: every one, IPv6 and IPv4.")] = None,
    rest_port: Annotated[int, typer.Option(help="V2 REST.")] = 8080,
    grpc_port: Annotated[int, typer.Option(help="V2 gRPC.")] = 8081,
    metrics_port: Annotated[int, typer.Option(help="Prometheus metrics at /metrics.")] = 8082,
    max_body_bytes: Annotated[int, typer.Option(min=1, help="A larger body is refused with 413.")] = Limits.body,
    max_rows: Annotated[int, typer.Option(min=1, help="More rows in one request are refused with 413.")] = Limits.rows,
    max_connections: Annotated[
        int, typer.Option(min=1, help="Of REST clients; more are refused with 503.")
    ] = Limits.connections,
    strict: Annotated[
        bool, typer.Option(help="Refuse a value that is no category with 400, instead of scoring it as missing.")
    ] = Limits.strict,
    member: Annotated[str | None, typer.Option(help="Serve this member alone, as NAME-MEMBER.")] = None,
    remote_member: Annotated[
        list[str] | None, typer.Option(help="NAME=HOST:PORT of a member served elsewhere by --member; all or none.")
    ] = None,
    member_deadline_ms: Annotated[int, typer.Option(min=1, help="How long to wait for remote members.")] = 250,
    traffic: Annotated[
        str | None,
        typer.Option(
            envvar="CHURN_TRAFFIC_URL",
            help="Where to ask which other version to try beside this one, for which share of the requests.",
        ),
    ] = None,
    labels: Annotated[
        str | None, typer.Option(envvar="CHURN_LABELS_URL", help="The labels' process, which keeps predictions.")
    ] = None,
    labels_sample: Annotated[
        float,
        typer.Option(
            envvar="CHURN_LABELS_SAMPLE", min=0, max=1, help="Share of the customers whose predictions it is told."
        ),
    ] = 0.0,
    labels_customer: Annotated[
        str, typer.Option(envvar="CHURN_LABELS_CUSTOMER", help="Header or parameter that names a request's customer.")
    ] = "",
    labels_model: Annotated[
        str | None,
        typer.Option(envvar="CHURN_LABELS_MODEL", help="Name by which outcomes are told. Default: the bundle's."),
    ] = None,
    labels_token_file: Annotated[
        Path | None,
        typer.Option(envvar="CHURN_LABELS_TOKEN_FILE", help="File with the bearer token that may post predictions."),
    ] = None,
    tap: Annotated[
        str | None, typer.Option(help="Socket of a drift sidecar that is told of the rows and their scores.")
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(min=1, help="How many remote members must answer. Default: all.")
    ] = None,
    state: State = None,
    state_name: StateName = None,
    state_credentials: StateCredentials = None,
) -> None:
    """Verify a bundle and serve it until SIGTERM."""
    if state is not None:
        _require_state_client(member)
    elif state_credentials is not None:
        raise typer.BadParameter("--state-credentials needs --state, the store that asks for them")
    # The libraries' own threads would be as many as the node has cores.
    os.environ.setdefault("OMP_NUM_THREADS", str(CORES))
    host = host or any_address()
    rest, metrics = listen(host, rest_port), listen(host, metrics_port)
    # MLServer and the members' libraries take seconds to import, which `fetch` should not wait for. What they bring
    # stays, and is not to be looked through for garbage: not now (the server turns collection on when its models are
    # loaded), and not while requests wait.
    gc.disable()
    import uvloop  # noqa: PLC0415

    from churn_runtimes.model_settings import distributed_settings, member_settings, model_settings  # noqa: PLC0415
    from churn_runtimes.remote_members.settings import FanOutSettings  # noqa: PLC0415
    from churn_runtimes.server import Ports, Served, serve  # noqa: PLC0415

    gc.freeze()
    with rest, metrics, tempfile.TemporaryDirectory(prefix="churn-bundle-") as scratch:
        opened, version = open_source(bundle, Path(scratch), digest)
        version = version or model_version
        name = name or registered_name(bundle) or opened.manifest.model
        typer.echo(f"serving {name} {version or ''} {opened.digest}")
        uvloop.install()
        if member:
            settings = member_settings(opened, name, member)
        elif remote_member:
            fan_out = FanOutSettings.parse(opened.manifest, remote_member, member_deadline_ms, quorum)
            settings = distributed_settings(opened, name, version, fan_out)
        else:
            settings = model_settings(opened, name, version)
        limits = Limits(body=max_body_bytes, rows=max_rows, connections=max_connections, strict=strict)
        posting = None
        if labels and labels_sample and labels_token_file and labels_customer:
            known_as = labels_model or registered_name(bundle) or opened.manifest.model
            posting = Posting(labels, labels_token_file, labels_sample, labels_customer.lower(), known_as)
        keyed = None
        if state is not None:
            from churn_runtimes.keyed.features import open_keyed_features  # noqa: PLC0415

            # As `stream` names them.
            kept_as = state_name or registered_name(bundle) or opened.manifest.model
            keyed = open_keyed_features(opened.schema(), kept_as, Address(state, state_credentials))
        served = Served(settings, opened, traffic, tap, posting, keyed)
        asyncio.run(serve(served, Ports(host, rest, grpc_port, metrics), limits))


@app.command("score")
def score_command(  # noqa: PLR0913, PLR0917  # a command line, not a function that others call
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN", help="A .csv, .csv.gz, .tsv or .parquet file, 'day/*.parquet', or a table by its URL."
        ),
    ],
    destination: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="A .parquet or .csv file or postgresql://host/database/table; with --shard, a folder."
        ),
    ],
    bundle: Source,
    digest: Digest = None,
    tracking_uri: TrackingUri = None,
    output: Annotated[
        list[str] | None,
        typer.Option(help="Beside churn_probability: calibrated_probability, decision or member.NAME; repeatable."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="A column to pass through; '*' for all that the schema does not name; repeatable."),
    ] = None,
    top_reasons: Annotated[
        int, typer.Option(min=0, help="Name the so many largest contributions: columns reason_1, contribution_1, ….")
    ] = 0,
    contributions: Annotated[
        bool,
        typer.Option("--contributions", help="What each feature has added: contributions.FEATURE, …, base_value."),
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            help="INDEX/COUNT, such as 0/3: score every COUNT-th row group of Parquet into a part of its own; whoever "
            "is last writes _SUCCESS."
        ),
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="Name of the run: its parts lie in OUT/run=NAME. A CronJob's Job: its time.")
    ] = None,
    run_id: Annotated[str, typer.Option(help="Tells the run from others: their parts are refused.")] = "",
    model_version: Annotated[str | None, typer.Option(help="Version to tell in _SUCCESS, for a folder.")] = None,
    summary: Annotated[Path | None, typer.Option(help="File to write the number of rows to, as JSON.")] = None,
) -> None:
    """Score a table of customers: IN is read in batches, OUT appears whole or not at all."""
    _require_tables()
    from churn_models.tables.share import Share  # noqa: PLC0415

    from churn_runtimes.evaluator.load import load_evaluator  # noqa: PLC0415
    from churn_runtimes.score.reasons import Reasons  # noqa: PLC0415
    from churn_runtimes.score.run_folder import RunFolder, Scorer, folder_of_run  # noqa: PLC0415
    from churn_runtimes.score.score_share import score_share  # noqa: PLC0415
    from churn_runtimes.score.score_table import TableScorer, Task  # noqa: PLC0415

    share = Share.parse(shard) if shard else None
    with tempfile.TemporaryDirectory(prefix="churn-bundle-") as scratch:
        opened, version = open_source(bundle, Path(scratch), digest)
        version = version or model_version
        with naming_versions(opened.manifest):
            evaluator = load_evaluator(opened)
            check_golden_rows(opened, evaluator)
        scorer = TableScorer(opened, evaluator, typer.echo)
        task = Task(source, destination, keep or (), output or (), Reasons(contributions, top_reasons))
        if share:
            scored_by = Scorer(run_id, opened.manifest.model, version, opened.digest)
            folder = RunFolder(folder_of_run(destination, run), share, scored_by, task)
            scored = score_share(scorer, folder, typer.echo)
        else:
            scored = scorer.score(task)
    for violation in scored.told:
        typer.echo(f"scored all the same: {violation}", err=True)
    typer.echo(
        f"{scored.rows} rows scored by {opened.manifest.model} {version or ''} {opened.digest} "
        f"in {scored.seconds:.1f} s"
    )
    if summary:
        summary.write_text(json.dumps({"rows": scored.rows}), encoding="utf-8")


app.command("labels")(labels_command)
app.command("stream")(stream_command)


def main() -> None:
    """Run the command line."""
    exit_by_error(app)


def _require_state_client(member: str | None) -> None:
    if find_spec("redis") is None:
        raise typer.BadParameter("--state needs redis: pip install 'churn-runtimes[stream]'")
    if member is not None:
        raise typer.BadParameter("--state is for who encodes customers, which --member does not")


def _require_tables() -> None:
    missing = [name for name in ("pyarrow", "psycopg") if find_spec(name) is None]
    if missing:
        raise typer.BadParameter(f"score needs {' and '.join(missing)}: pip install 'churn-runtimes[tables]'")

"""The command `stream` of this distribution's command line."""

import logging
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

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
from churn_runtimes.limits import CORES
from churn_runtimes.listener import any_address, listen
from churn_runtimes.state.address import Address
from churn_runtimes.stream.credentials import read_credentials
from churn_runtimes.stream.settings import (
    Delivery,
    EventSettings,
    GroupProtocol,
    StreamSettings,
    Topics,
    read_properties,
)


def stream_command(  # noqa: PLR0913, PLR0917  # a command line, not a function that others call
    bundle: Source,
    brokers: Annotated[str, typer.Option(help="HOST:PORT of Kafka's brokers, one or several by commas.")],
    input_topic: Annotated[str, typer.Option("--input", help="Topic of the customers to score.")],
    output: Annotated[str, typer.Option(help="Topic of their scores.")],
    dead_letter: Annotated[str, typer.Option(help="Topic of the messages that nothing can score.")],
    group: Annotated[str, typer.Option(help="Consumer group: its workers share the input's partitions.")],
    digest: Digest = None,
    tracking_uri: TrackingUri = None,
    model_version: FolderVersion = None,
    delivery: Annotated[
        Delivery, typer.Option(help="exactly-once: by transactions, for readers of what is committed.")
    ] = Delivery.AT_LEAST_ONCE,
    transactional_id: Annotated[
        str | None,
        typer.Option(help="For exactly-once: the worker's own name, the same after each of its restarts."),
    ] = None,
    output_value: Annotated[
        list[str] | None,
        typer.Option(
            "--output-value",
            help="Beside churn_probability: calibrated_probability, decision or member.NAME; repeatable.",
        ),
    ] = None,
    top_reasons: Annotated[int, typer.Option(min=0, help="Name the so many largest contributions.")] = 0,
    credentials: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a mounted Secret: ca.crt, tls.crt, tls.key, username, password, mechanism "
            "(SCRAM-SHA-512); what is there is used."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="File of name=value for librdkafka: security.protocol, sasl.…, ssl.…, compression.type."),
    ] = None,
    group_protocol: Annotated[
        GroupProtocol, typer.Option(help="auto: consumer (KIP-848) where the broker has it, else classic.")
    ] = GroupProtocol.AUTO,
    max_batch: Annotated[int, typer.Option(min=1, max=10_000, help="Messages scored at once.")] = 512,
    commit_ms: Annotated[int, typer.Option(min=1, max=2_000, help="How often is committed.")] = 100,
    events: Annotated[
        str | None,
        typer.Option(help="Topic of customers' events, by which features of kind: stream are computed; keyed alike."),
    ] = None,
    state: State = None,
    state_name: StateName = None,
    state_credentials: StateCredentials = None,
    host: Annotated[str | None, typer.Option(help="Address of the metrics' port. Default: every one.")] = None,
    metrics_port: Annotated[int, typer.Option(help="Prometheus metrics at /metrics; /live, /ready, /state.")] = 8082,
    tap: Annotated[
        str | None, typer.Option(help="Socket of a drift sidecar that is told of the rows and their scores.")
    ] = None,
    traffic: Annotated[
        str | None,
        typer.Option(
            envvar="CHURN_TRAFFIC_URL",
            help="Where to ask which other version is to score beside this one; it answers nothing.",
        ),
    ] = None,
) -> None:
    """Score the customers of one Kafka topic into another, until SIGTERM."""
    if find_spec("confluent_kafka") is None:
        raise typer.BadParameter("stream needs confluent-kafka: pip install 'churn-runtimes[stream]'")
    if (delivery is Delivery.EXACTLY_ONCE) != (transactional_id is not None):
        raise typer.BadParameter("--delivery exactly-once and --transactional-id NAME come together")
    if events is not None and state is None:
        raise typer.BadParameter("--events needs --state, where customers' states are kept")
    if state_credentials is not None and state is None:
        raise typer.BadParameter("--state-credentials needs --state, the store that asks for them")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(name)s] %(levelname)s - %(message)s")
    os.environ.setdefault("OMP_NUM_THREADS", str(CORES))  # the libraries' own would be as many as the node has
    settings = StreamSettings(
        brokers,
        Topics(input_topic, output, dead_letter),
        group,
        delivery,
        transactional_id,
        group_protocol,
        commit_ms / 1_000,
        max_batch,
        # What a person writes by name is meant more than what a folder has.
        {**(read_credentials(credentials) if credentials else {}), **(read_properties(config) if config else {})},
        EventSettings(events, Address(state, state_credentials), state_name) if events and state else None,
    )
    with listen(host or any_address(), metrics_port) as listener, tempfile.TemporaryDirectory() as scratch:
        # The members' libraries take seconds to import.
        from churn_runtimes.stream.answers import Given, Stamp  # noqa: PLC0415
        from churn_runtimes.stream.run import Scoring, run  # noqa: PLC0415

        opened, version = open_source(bundle, Path(scratch), digest)
        name = registered_name(bundle) or opened.manifest.model
        stamp = Stamp(name, version or model_version, opened.digest)
        scoring = Scoring(opened, stamp, Given(output_value or (), top_reasons), tap, traffic)
        typer.echo(f"scoring {input_topic} to {output} by {name} {stamp.version or ''} {opened.digest}")
        run(scoring, settings, listener)

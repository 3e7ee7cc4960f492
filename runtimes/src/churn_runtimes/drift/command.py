"""The command line of the drift sidecar: `python -m churn_runtimes drift`, run by its supervisor."""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from churn_runtimes.drift.engine import EngineName

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command("drift")
def drift_command(  # noqa: PLR0913, PLR0917  # a command line, not a function that others call
    bundle: Annotated[Path, typer.Option(help="The folder of the bundle that the server serves.")],
    tap: Annotated[Path, typer.Option(help="Where to make the socket that `serve --tap` connects to.")],
    digest: Annotated[str | None, typer.Option(help="sha256:… that the bundle's manifest must have.")] = None,
    name: Annotated[str, typer.Option(help="Of the model, for the log.")] = "",
    model_version: Annotated[str, typer.Option(help="Version to tell.")] = "",
    engine: Annotated[EngineName, typer.Option(help="What judges windows of rows.")] = EngineName.NATIVE,
    significance: Annotated[float, typer.Option(min=0, max=1, help="Of a window's test, over all features.")] = 0.01,
    window_rows: Annotated[int, typer.Option(min=1, help="A window is over with so many rows,")] = 1000,
    window_min_age_seconds: Annotated[float, typer.Option(min=0, help="but not before it is so old;")] = 60,
    window_min_rows: Annotated[int, typer.Option(min=1, help="or with so many")] = 300,
    window_max_age_seconds: Annotated[float, typer.Option(min=0, help="when it is so old.")] = 900,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: every one, IPv6 and IPv4.")] = None,
    port: Annotated[int, typer.Option(help="HTTP: /report, /reference, /metrics, /healthz.")] = 8084,
) -> None:
    """Count what a server's requests bring, judge it in windows, and answer the operator, until SIGTERM."""
    from churn_runtimes.drift.engines import open_engine  # noqa: PLC0415
    from churn_runtimes.drift.run import run  # noqa: PLC0415
    from churn_runtimes.drift.sidecar import Sidecar  # noqa: PLC0415
    from churn_runtimes.drift.watched import read_watched  # noqa: PLC0415
    from churn_runtimes.drift.windows import WindowRule, Windows  # noqa: PLC0415
    from churn_runtimes.listener import any_address, listen  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(name)s] %(levelname)s - %(message)s")
    with listen(host or any_address(), port) as listener:
        watched = read_watched(bundle, digest, model_version)
        rule = WindowRule(window_rows, window_min_rows, window_min_age_seconds, window_max_age_seconds)
        judge = open_engine(engine, watched.schema, watched.sample, significance)
        windows = Windows(engine, judge, rule, len(watched.schema.names), _now)
        typer.echo(f"watching {name or 'a model'} {model_version} {watched.digest} by {engine.value}")
        asyncio.run(run(Sidecar(watched, windows, _now), tap, listener))


def _now() -> datetime:
    return datetime.now(UTC)

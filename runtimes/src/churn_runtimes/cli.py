"""The command line of the serving container: `serve` a bundle from a folder or from MLflow."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from churn_models.bundle import Bundle, open_bundle
from churn_models.errors import ChurnModelsError
from churn_models.registry import ModelReference, Registry

from churn_runtimes.model_settings import model_settings
from churn_runtimes.server import Ports, serve

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Serve churn predictions over the V2 inference protocol (REST and gRPC).",
)


@app.callback()
def _commands() -> None:
    """Keep `serve` a command of its own, so that others can stand beside it."""


@app.command("serve")
def serve_command(
    bundle: Annotated[
        str, typer.Option(help="A bundle's folder, or models:/name@alias or models:/name/version in MLflow.")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",
    rest_port: Annotated[int, typer.Option(help="V2 REST.")] = Ports.rest,
    grpc_port: Annotated[int, typer.Option(help="V2 gRPC.")] = Ports.grpc,
    metrics_port: Annotated[int, typer.Option(help="Prometheus metrics at /metrics.")] = Ports.metrics,
) -> None:
    """Verify a bundle and serve it until SIGTERM. Exits 1 when it must not be served."""
    with tempfile.TemporaryDirectory(prefix="churn-bundle-") as scratch:
        opened, version = _open(bundle, Path(scratch))
        typer.echo(f"serving {opened.manifest.model} {version or ''} {opened.digest}")
        uvloop.install()
        ready = asyncio.run(serve(model_settings(opened, version), host, Ports(rest_port, grpc_port, metrics_port)))
    if not ready:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; an error of ours ends it with its text alone."""
    try:
        app()
    except ChurnModelsError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)


def _open(source: str, scratch: Path) -> tuple[Bundle, str | None]:
    if not source.startswith("models:/"):
        return open_bundle(Path(source)), None
    with Registry.from_environment() as registry:
        version = registry.resolve(ModelReference.parse(source))
        return registry.fetch(version, scratch / "bundle"), version.version

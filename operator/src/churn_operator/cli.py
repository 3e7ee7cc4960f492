"""The command line of the operator container."""

import asyncio
import sys
from typing import Annotated

import typer

from churn_operator.audit_command import audit_app
from churn_operator.configuration import ConfigurationError, read_configuration
from churn_operator.main import Ports, configure_logging, run_operator
from churn_operator.names import ALERTS_PORT, TRAFFIC_PORT

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Roll ChurnModels out on Kubernetes.",
)


app.add_typer(audit_app, name="audit")


@app.command("run")
def run_command(
    health_port: Annotated[int, typer.Option(help="/healthz and /readyz", envvar="CHURN_HEALTH_PORT")] = 8080,
    metrics_port: Annotated[int, typer.Option(help="/metrics for Prometheus", envvar="CHURN_METRICS_PORT")] = 8081,
    traffic_port: Annotated[
        int, typer.Option(help="/traffic for serving pods", envvar="CHURN_TRAFFIC_PORT")
    ] = TRAFFIC_PORT,
    alerts_port: Annotated[
        int, typer.Option(help="/alerts for Alertmanager", envvar="CHURN_ALERTS_PORT")
    ] = ALERTS_PORT,
) -> None:
    """Watch the namespaces of CHURN_NAMESPACES, or those that CHURN_NAMESPACE_SELECTOR selects, until SIGTERM.

    Needs CHURN_SERVING_IMAGE, CHURN_SCORING_IMAGE, CHURN_TRAINING_IMAGE, CHURN_DRIFT_IMAGE and MLFLOW_TRACKING_URI too.
    CHURN_MLFLOW_CREDENTIALS names a folder with the files username and password, CHURN_INSTALLATION a file with what
    differs between installations, CHURN_ALERTS_TOKEN a file with the token of whoever may post to /alerts. POD_IP is
    where serving pods reach /traffic.
    Exits 70 when a loop or a watcher died and 75 when another operator has the Lease: Kubernetes starts it again.
    """
    configure_logging()
    asyncio.run(run_operator(read_configuration(), Ports(health_port, metrics_port, traffic_port, alerts_port)))


def main() -> None:
    """Run the command line; a faulty configuration ends it with its text alone."""
    try:
        app()
    except ConfigurationError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)

"""The command `labels` of this distribution's command line."""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer


def labels_command(
    database: Annotated[
        str,
        typer.Option(
            envvar="CHURN_LABELS_DATABASE",
            help="postgresql://[user@]host[:port]/database; PGUSER and PGPASSWORD take what the address leaves out.",
        ),
    ],
    token_file: Annotated[Path, typer.Option(help="File with the bearer token that may write.")],
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8086,
    predictions_token_file: Annotated[
        Path | None, typer.Option(help="File with another token, which may write predictions alone: serving pods'.")
    ] = None,
    sample: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the customers whose predictions are kept, of those posted.")
    ] = 1.0,
    retention_days: Annotated[int, typer.Option(min=1, help="How long outcomes and predictions are kept.")] = 365,
) -> None:
    """Take outcomes and predictions into PostgreSQL, and tell what they say of each version."""
    if find_spec("psycopg") is None:
        raise typer.BadParameter("labels needs psycopg: pip install 'churn-runtimes[tables]'")
    from churn_models.tables.label_store import LabelStore  # noqa: PLC0415

    from churn_runtimes.labels.app import Labels  # noqa: PLC0415
    from churn_runtimes.labels.serve import serve_labels  # noqa: PLC0415

    store = LabelStore.at(database)
    typer.echo(f"labels in {store.database} on port {port}")
    labels = Labels(store, token_file, sample, predictions_token_file)
    serve_labels(labels, store, timedelta(days=retention_days), port)

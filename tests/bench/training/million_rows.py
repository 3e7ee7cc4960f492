"""A million customers of telco's width: what ingest and training take of memory and time, from every kind of source.

Figures: `ingest_rss_mib`, `million_rows_rss_mib` and `million_rows_train_s` (the worst of CSV, Parquet, PostgreSQL).
"""

import tempfile
from pathlib import Path

from support.figures import record
from support.measured_command import run_command
from support.postgresql_server import PostgresqlServer
from support.wide_table import wide_customers, write_wide_ensemble

ROWS = 1_000_000


def measure() -> None:
    """Make the data, run the commands as users type them, record the figures."""
    # Not below a folder that is closed to the account which PostgreSQL runs under.
    with tempfile.TemporaryDirectory(prefix="churnserve-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        ensemble = write_wide_ensemble(folder / "wide")
        frame = wide_customers(ROWS)
        frame.to_csv(folder / "million.csv", index=False)
        frame.to_parquet(folder / "million.parquet", index=False)
        del frame
        with PostgresqlServer(folder / "postgresql") as server:
            table = f"{server.url}/million"
            ingest = run_command("ingest", "--ensemble", ensemble, str(folder / "million.csv"), table)
            record("ingest_rss_mib", ingest.rss_mib, "MiB", "<= 1024")
            sources = (str(folder / "million.csv"), str(folder / "million.parquet"), table)
            used = [
                run_command("train", "--ensemble", ensemble, "--dataset", source, "--output", str(folder / "bundles"))
                for source in sources
            ]
        record("million_rows_train_s", max(one.seconds for one in used), "s", "<= 600")
        record("million_rows_rss_mib", max(one.rss_mib for one in used), "MiB", "<= 2048")

"""Outcomes and predictions in PostgreSQL: written as they come, read as rows that judge a version.

The labels' process (`churn_runtimes.labels`) is the only user; `labels.sql` beside this file documents the tables.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import psycopg

from churn_models.labels.judged_rows import JudgedRow, Treatment
from churn_models.labels.spoken import Outcome, Prediction
from churn_models.tables.postgresql import connected
from churn_models.tables.postgresql_url import PostgresqlTable

_MOST_ROWS = 500_000
"""Of a version that judge it: the newest ones. A report of so many takes seconds."""
_STATEMENT_SECONDS = 60
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

_WRITE_OUTCOME = """
INSERT INTO outcomes (model, identity_hash, time, label, treated) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (model, identity_hash, time)
DO UPDATE SET label = EXCLUDED.label, treated = COALESCE(EXCLUDED.treated, outcomes.treated)
"""
_WRITE_PREDICTION = """
INSERT INTO predictions (model, identity_hash, time, digest, version, score, previous_digest, previous_score)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
# A prediction is mature once its horizon is over. It came true where the customer left within the horizon, and did not
# where the customer is known to have been there at its end, or to have left after it.
_MATURE = """
    FROM predictions p JOIN outcomes o USING (model, identity_hash)
    WHERE p.model = %(model)s AND o.time > p.time AND p.time + %(horizon)s <= %(now)s AND p.time > %(since)s
        AND NOT EXISTS (
            SELECT FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS unfit (first, last)
            WHERE p.time BETWEEN unfit.first AND unfit.last
        )
"""
_DECIDES = "(o.label AND o.time <= p.time + %(horizon)s OR o.time >= p.time + %(horizon)s)"
_JUDGED = f"""
SELECT * FROM (
    SELECT p.identity_hash, extract(epoch FROM p.time)::float8,
        bool_or(o.label AND o.time <= p.time + %(horizon)s) AS churned, p.score,
        CASE WHEN p.previous_digest = %(previous)s THEN p.previous_score END, bool_or(o.treated) AS treated,
        greatest(p.time + %(horizon)s, min(o.received) FILTER (WHERE {_DECIDES})) AS known
    {_MATURE} AND p.digest = %(digest)s
    GROUP BY p.identity_hash, p.time, p.score, p.previous_digest, p.previous_score
    HAVING bool_or({_DECIDES})
    ORDER BY p.time DESC LIMIT {_MOST_ROWS}
) AS newest ORDER BY known, identity_hash
"""
_COUNT = f"""
SELECT count(DISTINCT identity_hash) FROM (
    SELECT p.identity_hash {_MATURE} GROUP BY p.identity_hash, p.time HAVING bool_or({_DECIDES})
) AS mature
"""

_FORGET = ("DELETE FROM predictions WHERE time < %s", "DELETE FROM outcomes WHERE time < %s")


@dataclass(frozen=True)
class Question:
    """Which rows of a model are asked for."""

    model: str
    digest: str
    previous: str | None
    horizon: float
    """Seconds from a score to its label."""
    now: datetime
    since: datetime
    """From when on labels are new to training."""
    unfit: tuple[tuple[datetime, datetime], ...] = ()
    """From when to when rows were broken: predictions of that time are left out."""


@dataclass(frozen=True)
class LabelStore:
    """One database. Each call is a transaction of its own; what goes wrong is DataUnreadable or DataUnavailable."""

    database: PostgresqlTable

    @classmethod
    def at(cls, url: str) -> "LabelStore":
        """`postgresql://[user@]host[:port]/database[?options]`. Raises DataUnreadable."""
        address, mark, options = url.partition("?")
        return cls(PostgresqlTable.from_url(f"{address}/outcomes{mark}{options}"))

    def create(self) -> None:
        """The tables, where they are not there."""
        statements = files("churn_models.tables").joinpath("labels.sql").read_text(encoding="utf-8")
        with self._connected("written") as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('churnserve/labels'))")
            connection.execute(statements)

    def write_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """The last word about a customer's moment counts; what is said again changes nothing."""
        rows = [(one.model, one.hashed, one.time, one.label, one.treated) for one in outcomes]
        self._write(_WRITE_OUTCOME, rows)

    def write_predictions(self, predictions: Sequence[Prediction]) -> None:
        """What is said again changes nothing."""
        fields = [
            (one.model, one.hashed, one.time, one.digest, one.version, one.score, one.previous_digest, one.previous)
            for one in predictions
        ]
        self._write(_WRITE_PREDICTION, fields)

    def judged(self, question: Question) -> list[JudgedRow]:
        """In the order in which the labels became known."""
        with self._connected("read") as connection:
            found = connection.execute(_JUDGED, _named(question) | {"since": _EVER}).fetchall()
        return [_row(*columns) for columns in found]

    def new_labels(self, question: Question) -> int:
        """Customers of any version with a mature label, scored since `question.since`."""
        with self._connected("read") as connection:
            found = connection.execute(_COUNT, _named(question)).fetchone()
        return int(found[0]) if found else 0

    def forget_before(self, moment: datetime) -> int:
        """Removes what is older; how many rows that were."""
        with self._connected("written") as connection:
            removed = [connection.execute(statement, [moment]).rowcount for statement in _FORGET]
        return sum(removed)

    def _write(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._connected("written") as connection, connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    def _connected(self, done: str) -> AbstractContextManager[psycopg.Connection]:
        options = {"options": f"-c statement_timeout={_STATEMENT_SECONDS}s", **self.database.options}
        return connected(PostgresqlTable(options, self.database.table), done)


def _named(question: Question) -> dict[str, Any]:
    begins, ends = [span[0] for span in question.unfit], [span[1] for span in question.unfit]
    return vars(question) | {"horizon": timedelta(seconds=question.horizon), "begins": begins, "ends": ends}


def _row(*columns: Any) -> JudgedRow:
    customer, made, churned, score, previous, treated, _ = columns
    treatment = Treatment.UNTOLD if treated is None else Treatment(int(treated))
    return JudgedRow(customer, made, churned, score, previous, treatment)

"""Where the trials are kept: a SQLite file, or PostgreSQL for workers on several machines. The adapter of SQLAlchemy.

Workers that start at once on an empty database must not make its tables at once: one does, the others wait. On
PostgreSQL the tables lie in a schema of their own, because a database of customers may have its own `trials`.
"""

import fcntl
import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import TrialState
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from churn_training.errors import SearchImpossible, StudyUnavailable

HEARTBEAT_SECONDS = 30
GRACE_SECONDS = 120
"""A worker that was not heard for so long is dead: its trial is failed, and tried again by another."""

_RETRIES = 2
_BUSY_SECONDS = 60
_STARTUP_TRIALS = 8
"""None of these is given up early."""
_LOCK = int.from_bytes(hashlib.blake2b(b"churnserve/study", digest_size=7).digest(), "big")
_SCHEMA = "churn_search"
_DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}


def file_url(path: Path) -> str:
    """Of a SQLite file."""
    return f"sqlite:///{path.resolve()}"


@contextmanager
def opened_study(address: str, name: str) -> Iterator[optuna.Study]:
    """The study of this name, made where there is none. Raises SearchImpossible, StudyUnavailable."""
    url = _url(address)
    with _told(url, SQLAlchemyError, StorageInternalError):
        with _told(url, OSError):
            storage, study = _open(url, name)
        try:
            yield study
            # What a killed worker left is not running any more.
            _fail_stale(study, storage)
        finally:
            storage.remove_session()
            storage.engine.dispose()


@contextmanager
def _told(url: URL, *errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise StudyUnavailable(f"{url.render_as_string(hide_password=True)}: {_reason(error)}") from error


def _open(url: URL, name: str) -> tuple[RDBStorage, optuna.Study]:
    with _alone(url):
        storage = _storage(url)
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP_TRIALS, n_warmup_steps=1),
            direction="maximize",
            load_if_exists=True,
        )
    return storage, study


def _url(address: str) -> URL:
    try:
        url = make_url(address)
        return url.set(drivername=_DRIVERS[url.drivername])
    except (ArgumentError, ValueError, KeyError):
        # Never the address itself: it may hold a password.
        raise SearchImpossible("--storage is postgresql://user@host/database or sqlite:///FILE") from None


def _storage(url: URL) -> RDBStorage:
    with warnings.catch_warnings():
        # The heartbeat has been experimental since 2021.
        warnings.simplefilter("ignore", ExperimentalWarning)
        return RDBStorage(
            url.render_as_string(hide_password=False),
            engine_kwargs={"connect_args": _connection(url)},
            heartbeat_interval=HEARTBEAT_SECONDS,
            grace_period=GRACE_SECONDS,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=_RETRIES),
        )


def _connection(url: URL) -> dict[str, Any]:
    """What the driver is told beside the address."""
    return {"timeout": _BUSY_SECONDS} if url.drivername == "sqlite" else {"options": f"-csearch_path={_SCHEMA}"}


def _fail_stale(study: optuna.Study, storage: RDBStorage) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)
    # Killed before its first heartbeat a trial is nobody's: Optuna asks only how old the last heartbeat is.
    with storage.engine.connect() as connection:
        heard = {int(row[0]) for row in connection.execute(text("SELECT trial_id FROM trial_heartbeats"))}
    since = datetime.now() - timedelta(seconds=GRACE_SECONDS)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial._trial_id not in heard and trial.datetime_start and trial.datetime_start < since:
            storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)


@contextmanager
def _alone(url: URL) -> Iterator[None]:
    if url.drivername == "sqlite":
        with _file_alone(Path(url.database or "study.db")):
            yield
        return
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            # Looked for first: who may not make a schema may use one that is there.
            if connection.execute(text("SELECT to_regnamespace(:name)"), {"name": _SCHEMA}).scalar() is None:
                connection.execute(text(f"CREATE SCHEMA {_SCHEMA}"))
            connection.commit()
            yield
    finally:
        engine.dispose()


@contextmanager
def _file_alone(database: Path) -> Iterator[None]:
    database.parent.mkdir(parents=True, exist_ok=True)
    with database.with_name(f"{database.name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _reason(error: Exception) -> str:
    """The driver's own words, without the statement."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    return " ".join(str(getattr(cause, "orig", None) or cause).split())

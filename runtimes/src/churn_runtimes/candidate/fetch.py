"""Gets the operator's word and the tables that it names: bounded in bytes and time, no redirect, no proxy.

The poller's thread calls it.
"""

import httpx
from churn_models.errors import ChurnModelsError
from churn_models.traffic import Traffic

from churn_runtimes.bounded_download import client_in_time, download
from churn_runtimes.candidate.errors import TableUnavailable
from churn_runtimes.candidate.table_file import LARGEST

_LARGEST_WORD = 65_536
_WORD_SECONDS = 1.0
_TABLE_SECONDS = 1.5
"""A table is one or two megabytes; the operator is not heard meanwhile, and its word is to hold within five seconds."""


class NotHeard(ChurnModelsError):
    """The operator has not said anything."""


def ask(url: str, pod: str) -> Traffic:
    """The operator's word for this pod. Raises NotHeard for anything else."""
    try:
        with client_in_time(_WORD_SECONDS) as client:
            address = str(httpx.URL(url).copy_merge_params({"pod": pod}))
            return Traffic.read(b"".join(download(client, address, _LARGEST_WORD)))
    except (httpx.HTTPError, httpx.InvalidURL, ChurnModelsError, OSError, ValueError) as error:
        raise NotHeard(f"{type(error).__name__}: {error}") from error


def fetch_table(source: str) -> bytes:
    """A file, whatever it holds. Raises TableUnavailable."""
    try:
        with client_in_time(_TABLE_SECONDS) as client:
            return b"".join(download(client, source, LARGEST))
    except (httpx.HTTPError, httpx.InvalidURL, ChurnModelsError, OSError, ValueError) as error:
        raise TableUnavailable(f"{source} does not give it: {type(error).__name__}: {error}") from error

"""One MLflow server over plain HTTP: asks, and turns whatever comes back into an answer or an error with a name.

The registry's client is built on it. Nothing that is no answer of MLflow (a proxy's page, a login, JSON of another
build) is ever taken for one.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, Self, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from churn_models.errors import (
    FileAltered,
    RegistryAnswerInvalid,
    RegistryError,
    RegistryForbidden,
    RegistryUnauthorized,
    RegistryUnreachable,
    VersionNotFound,
)
from churn_models.mlflow_access import MlflowAccess

_API = "api/2.0/mlflow"
_TIMEOUT_SECONDS = 30
_DOWNLOAD_SECONDS = 300
"""Of one file: who sends a byte now and then would be waited for without end."""
_TOO_MANY_REQUESTS = 429


class Answer(BaseModel):
    """What is read of an answer of MLflow; it may hold more."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


Expected = TypeVar("Expected", bound=Answer)


class MlflowServer:
    """Every method raises RegistryError, by the subclass that says what is wrong."""

    def __init__(self, access: MlflowAccess) -> None:
        self.access = access
        self._client = httpx.Client(
            base_url=access.address,
            auth=access.credentials.auth,
            headers=access.headers,
            timeout=_TIMEOUT_SECONDS,
            verify=access.tls,
            follow_redirects=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, call: str, query: Mapping[str, str], expected: type[Expected]) -> Expected:
        """Read by one call of MLflow's REST API, such as `model-versions/get`."""
        return self._ask("GET", call, expected, params=query)

    def post(self, call: str, body: Mapping[str, str]) -> None:
        """Write by one call."""
        self._ask("POST", call, Answer, json=body)

    def download(self, path: str, largest: int) -> Iterator[bytes]:
        """The file at this path below the address, in pieces. Raises FileAltered where it is longer than `largest`."""
        size, deadline = 0, time.monotonic() + _DOWNLOAD_SECONDS
        try:
            with self._client.stream("GET", path) as response:
                if not response.is_success:
                    response.read()
                self._check(response, path)
                if "html" in response.headers.get("content-type", ""):
                    self._not_mlflow(response, path)
                for chunk in response.iter_bytes():
                    size += len(chunk)
                    if size > largest:
                        raise FileAltered(f"{path} is longer than the {largest} bytes that are expected")
                    if time.monotonic() > deadline:
                        raise RegistryUnreachable(f"{path} was not had in {_DOWNLOAD_SECONDS} s")
                    yield chunk
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._no_answer(error) from error

    def _ask(self, method: str, call: str, expected: type[Expected], **options: Any) -> Expected:
        try:
            response = self._client.request(method, f"{_API}/{call}", **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._no_answer(error) from error
        self._check(response, call)
        try:
            return expected.model_validate_json(response.content)
        except ValidationError:
            self._not_mlflow(response, call)

    def _no_answer(self, error: Exception) -> RegistryError:
        if isinstance(error, httpx.TooManyRedirects):
            return RegistryAnswerInvalid(f"what answers at {self.access.address} sends from one address to the next")
        return RegistryUnreachable(f"MLflow at {self.access.address} does not answer: {error or type(error).__name__}")

    def _check(self, response: httpx.Response, call: str) -> None:
        if response.is_success:
            return
        status = response.status_code
        here = f"MLflow at {self.access.address}"
        if status == httpx.codes.UNAUTHORIZED:
            raise RegistryUnauthorized(
                f"{here} wants other credentials (401): set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
                "MLFLOW_TRACKING_TOKEN"
            )
        code, message = _problem(response)
        if status == httpx.codes.FORBIDDEN:
            raise RegistryForbidden(f"{here} forbids {call} with these credentials (403): {message}")
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == _TOO_MANY_REQUESTS:
            raise RegistryUnreachable(f"{here} cannot answer {call} now ({status}): {message}")
        # For an alias that does not exist MLflow says that a parameter is invalid.
        if code == "RESOURCE_DOES_NOT_EXIST" or (code == "INVALID_PARAMETER_VALUE" and "not found" in message):
            raise VersionNotFound(f"MLflow knows no such model, alias, version or file: {message}")
        if not code:
            self._not_mlflow(response, call)
        raise RegistryError(f"{here} answered {status} to {call}: {message}")

    def _not_mlflow(self, response: httpx.Response, call: str) -> NoReturn:
        kind = response.headers.get("content-type", "no content type").partition(";")[0]
        raise RegistryAnswerInvalid(
            f"what answers at {self.access.address} is not MLflow, or another MLflow than is known here: {call} gave "
            f"{response.status_code} and {kind}. Is the address whole, with its path prefix?"
        )


def _problem(response: httpx.Response) -> tuple[str, str]:
    """MLflow's error code and its words; no code when the answer is not MLflow's."""
    try:
        problem = json.loads(response.content)
        return str(problem["error_code"]), str(problem.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", response.text[:300]

"""What the server tells a client that it cannot answer, by HTTP status; gRPC maps the same statuses to its codes.

MLServer turns every MLServerError into its status and {"error": text}, so these are of that kind.
"""

from http import HTTPStatus

from mlserver.errors import MLServerError


class BadRequest(MLServerError):  # type: ignore[misc]  # mlserver is untyped
    """The request says something impossible."""

    def __init__(self, message: str) -> None:
        super().__init__(message, HTTPStatus.BAD_REQUEST)


class TooLarge(MLServerError):  # type: ignore[misc]  # mlserver is untyped
    """More bytes or rows than the limits allow."""

    def __init__(self, message: str) -> None:
        super().__init__(message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class Unavailable(MLServerError):  # type: ignore[misc]  # mlserver is untyped
    """The server cannot answer now; the same request may succeed later."""

    def __init__(self, message: str) -> None:
        super().__init__(message, HTTPStatus.SERVICE_UNAVAILABLE)

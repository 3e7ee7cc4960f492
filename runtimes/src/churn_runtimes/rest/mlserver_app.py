"""MLServer's own REST app, with answers that conform to V2 where they do not: health bodies and errors.

`server` makes it; the bounded app calls it for everything that the fast path has not answered.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from mlserver.errors import MLServerError
from mlserver.rest.responses import Response
from mlserver.types import RepositoryIndexRequest
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route

from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.v2.errors import BadRequest
from churn_runtimes.v2.not_json import not_json

logger = logging.getLogger(__name__)

_KEPT = frozenset(
    f"/v2/models/{{model_name}}{version}{asked}"
    for version in ("", "/versions/{model_version}")
    for asked in ("", "/infer")
)
"""MLServer's own routes that are served. The others generate, load models, or describe MLServer and not this server."""
_NOTHING_HERE = "nothing is served at this path; GET /v2/docs/dataplane.json lists what is"


def conform(app: FastAPI, data_plane: V2DataPlane) -> None:
    """Make MLServer's app conform to V2."""
    app.router.routes[:] = [route for route in app.router.routes if getattr(route, "path", "") in _KEPT]
    routes = [*_health_routes(data_plane), *_metadata_routes(data_plane), *_triton_routes(data_plane)]
    # The first route that matches answers.
    app.router.routes[:0] = routes
    # A path with a slash too many is another path, not a reason to ask again.
    app.router.redirect_slashes = False
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(MLServerError, _failed)
    app.add_exception_handler(Exception, _broken)


def error_response(status: int, message: str) -> Response:
    """An error as V2 wants it."""
    return Response({"error": message}, status_code=status)


def _health_routes(data_plane: V2DataPlane) -> list[Route]:
    async def live(request: Request) -> Response:
        return Response({"live": await data_plane.live()})

    async def ready(request: Request) -> Response:
        is_ready = await data_plane.ready()
        return Response({"ready": is_ready}, status_code=_status(is_ready))

    async def model_ready(request: Request) -> Response:
        name = request.path_params["name"]
        is_ready = await data_plane.model_ready(name, request.path_params.get("version"))
        return Response({"name": name, "ready": is_ready}, status_code=_status(is_ready))

    return [
        Route("/v2/health/live", live),
        Route("/v2/health/ready", ready),
        Route("/v2/models/{name}/ready", model_ready),
        Route("/v2/models/{name}/versions/{version}/ready", model_ready),
    ]


def _metadata_routes(data_plane: V2DataPlane) -> list[Route]:
    async def metadata(request: Request) -> Response:
        return Response((await data_plane.metadata()).model_dump())

    async def document(request: Request) -> Response:
        return Response(data_plane.document())

    async def models(request: Request) -> Response:
        return Response({"models": [item["name"] for item in await data_plane.index()]})

    async def index(request: Request) -> Response:
        return Response(await data_plane.index(await _ready_only(request)))

    return [
        # The protocol's text has one form, its OpenAPI description the other.
        Route("/v2", metadata),
        Route("/v2/", metadata),
        Route("/v2/docs/dataplane.json", document),
        Route("/v2/models", models),
        Route("/v2/repository/index", index, methods=["POST"]),
    ]


def _triton_routes(data_plane: V2DataPlane) -> list[Route]:
    async def config(request: Request) -> Response:
        return Response(await data_plane.model_config(*_model_of(request)))

    async def statistics(request: Request) -> Response:
        return Response(await data_plane.statistics(*_model_of(request)))

    return [
        Route("/v2/models/{name}/config", config),
        Route("/v2/models/{name}/versions/{version}/config", config),
        Route("/v2/models/{name}/stats", statistics),
        Route("/v2/models/{name}/versions/{version}/stats", statistics),
    ]


def _model_of(request: Request) -> tuple[str, str | None]:
    return request.path_params["name"], request.path_params.get("version")


async def _ready_only(request: Request) -> bool:
    """Whether the index is asked for ready models alone. Raises BadRequest."""
    try:
        asked = RepositoryIndexRequest.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        raise BadRequest('the body of the index is JSON such as {"ready": true}, or empty') from error
    return bool(asked.ready)


def _status(is_ready: bool) -> HTTPStatus:
    return HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_told(fault, error.body) for fault in error.errors()]
    return error_response(HTTPStatus.BAD_REQUEST, "; ".join(faults[:5]))


def _told(fault: Mapping[str, Any], body: Any) -> str:
    if fault["type"] == "json_invalid":
        return not_json(body, fault["loc"][1], fault["ctx"]["error"])
    return f"{_place(fault['loc'])}: {fault['msg']}"


def _place(location: tuple[str | int, ...]) -> str:
    return ".".join(map(str, location[1:])) or "body"


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    is_path = error.status_code == HTTPStatus.NOT_FOUND
    response = error_response(error.status_code, _NOTHING_HERE if is_path else str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, MLServerError)
    return error_response(error.status_code, str(error))


async def _broken(request: Request, error: Exception) -> Response:
    # Starlette raises it again after this answer; the bounded app logs it there.
    return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed to answer; its log says why")

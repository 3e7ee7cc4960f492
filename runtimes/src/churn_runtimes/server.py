"""MLServer, wrapped: the one module that knows how it is started and what its defaults must not be."""

import asyncio
import gc
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from churn_models.bundle import Bundle
from churn_models.traffic import WORDS
from mlserver import MLModel, MLServer, ModelSettings, Settings

from churn_runtimes.answer_counts import ModelName
from churn_runtimes.candidate.follower import Follower, Loaded
from churn_runtimes.candidate.metrics import show_candidates
from churn_runtimes.candidate.offers import Offers
from churn_runtimes.candidate.poller import Poller
from churn_runtimes.candidate.trial import Answering
from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.ensemble import ChurnEnsemble
from churn_runtimes.evaluator.asked_outputs import AskedOutputs
from churn_runtimes.explaining import Explaining
from churn_runtimes.grpc.fast_path import GrpcFastPath
from churn_runtimes.grpc.server import V2GrpcServer
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import CORES, ROWS_ON_THE_LOOP, Limits
from churn_runtimes.metrics import show_features
from churn_runtimes.metrics_server import V2MetricsServer
from churn_runtimes.offered_bundle import OfferedBundle
from churn_runtimes.predictions.poster import Poster
from churn_runtimes.predictions.posting import Posting
from churn_runtimes.predictions.prediction_log import PredictionLog, Version
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.server import V2RestServer
from churn_runtimes.scoring_model import ScoringModel
from churn_runtimes.tap.flusher import Flusher
from churn_runtimes.tap.tap import Tap
from churn_runtimes.tracing import start_export

if TYPE_CHECKING:
    from churn_runtimes.keyed.features import KeyedFeatures

_THREADS = CORES + 3
"""One that scores many rows or by a library, and some for what only waits."""


@dataclass(frozen=True)
class Ports:
    """Where one server listens; grpcio opens its own port."""

    host: str
    rest: socket.socket
    grpc: int
    metrics: socket.socket


@dataclass(frozen=True)
class Served:
    """What one server serves: the models that MLServer has to load, and the bundle that they are read from."""

    models: list[ModelSettings]
    bundle: Bundle
    traffic: str | None = None
    """Where the operator says which candidate to try; nobody is asked where there is none."""
    tap: str | None = None
    """The drift sidecar's socket; nobody is told of requests where there is none."""
    posting: Posting | None = None
    """Where predictions of sampled customers go; nobody's are kept where there is none."""
    keyed: "KeyedFeatures | None" = None
    """Where features of the stream are looked up by a row's customer; every row brings them where there is none."""


class ChurnServer(MLServer):  # type: ignore[misc]  # mlserver is untyped
    """One process that serves the models of one bundle, and says ready only when all of them are."""

    _data_plane: V2DataPlane

    def __init__(self, ports: Ports, served: Served, limits: Limits) -> None:
        self._ports = ports
        self._expected = served.models
        self._offered = OfferedBundle(served.bundle)
        self._digest = served.bundle.digest
        first = served.models[0]
        self._offers = Offers(first.name, first.version, served.bundle.digest)
        self._traffic = served.traffic
        self._poller: Poller | None = None
        self._tap = served.tap
        self._flusher: Flusher | None = None
        self._posting = served.posting
        self._poster: Poster | None = None
        self._keyed = served.keyed
        self._limits = limits
        self._failure: Exception | None = None
        self._loaded = 0
        super().__init__(_settings(ports))
        self._load = self._model_registry.load
        self._model_registry.load = self._load_or_remember

    async def serve(self) -> None:
        """Serve until a signal comes. Raises what a model's `load` raised: stock MLServer would end without a word."""
        self._serving = asyncio.create_task(self.start(self._expected))
        with suppress(asyncio.CancelledError):
            await self._serving
        if self._failure:
            raise self._failure

    async def stop(self, sig: int | None = None) -> None:
        """Drain: no new clients, what is under way is answered, then the ports close. Scraped until the end."""
        self._data_plane.draining = True
        if self._poller is not None:
            self._poller.stop()
        await asyncio.gather(self._grpc_server.stop(sig), self._rest_server.stop(sig))
        if self._flusher is not None:
            self._flusher.stop()
        if self._poster is not None:
            await asyncio.to_thread(self._poster.stop)
        if self._keyed is not None:
            self._keyed.close()
        await self._metrics_server.stop(sig)
        if self._loaded < len(self._expected):
            # A model that waits for members in other pods would keep the process long after its ports are closed.
            self._serving.cancel()

    def _create_servers(self) -> None:
        names = [model.name for model in self._expected]
        self._data_plane = V2DataPlane(self._data_plane, self._model_registry, names, self._limits.rows)
        parts = (self._settings, self._data_plane, self._model_repository_handlers)
        in_flight = InFlightLimit(self._limits.in_flight)
        self._rest_server = V2RestServer(*parts, self._limits, in_flight, self._ports.rest)
        self._grpc_server = V2GrpcServer(*parts, self._limits, in_flight)
        self._metrics_server = V2MetricsServer(self._settings, self._ports.metrics, self._offered, self._offers)
        self._kafka_server = None

    async def _load_or_remember(self, settings: ModelSettings) -> MLModel:
        try:
            model = await self._load(settings)
        except Exception as error:
            self._failure = self._failure or error
            raise
        self._data_plane.add(model)
        if isinstance(model, ScoringModel):
            self._offers.none_because = "its members are not all in this pod (placement Distributed)"
            self._offers.not_scores = model.not_scores
            model.max_rows = self._limits.rows
            model.is_strict = self._limits.strict
            model.keyed = self._keyed
            self._data_plane.read_members_by(model)
            show_features(model.schema.names[place] for place in model.schema.categorical_positions)
        if isinstance(model, ChurnEnsemble):
            model.explaining = Explaining(self._limits.deadline)
            self._open_tap(model)
            self._keep_predictions(model)
            self._open_fast_paths(model)
            self._follow(model)
        self._loaded += 1
        if self._loaded == len(self._expected):
            gc.enable()  # the command line has turned it off
        return model

    def _open_tap(self, model: ChurnEnsemble) -> None:
        if self._tap is not None:
            model.answering.tap = Tap(model.schema.names)
            self._flusher = Flusher(model.answering.tap, self._tap, self._digest)
            self._flusher.start()

    def _keep_predictions(self, model: ChurnEnsemble) -> None:
        if self._posting is not None:
            own = Version(self._digest, model.version or "")
            model.answering.predictions = PredictionLog(self._posting, own)
            self._poster = Poster(model.answering.predictions, self._posting)
            self._poster.start()

    def _open_fast_paths(self, model: ChurnEnsemble) -> None:
        name, outputs = ModelName(model.name, model.version), AskedOutputs(model.named_outputs, model.evaluator)
        pinned = Answering(model.answering.tap, model.answering.predictions)
        for answering, is_pinned in ((model.answering, False), (pinned, True)):
            fast_path = FastPath(name, model.schema, outputs, self._limits, answering)
            self._rest_server.open_fast_path(name, fast_path, is_pinned=is_pinned)
        if not outputs.is_slow:
            limits = replace(self._limits, rows=min(ROWS_ON_THE_LOOP, self._limits.rows))
            grpc_fast_path = GrpcFastPath(name, model.schema, outputs, limits, model.answering)
            self._grpc_server.servicer.fast_paths[model.name] = grpc_fast_path

    def _follow(self, model: ChurnEnsemble) -> None:
        if model.table is None:
            slow = [name for name, scoring in model.evaluator.scoring.items() if scoring.is_slow]
            by_libraries = f"scored by their libraries, not by the table: {', '.join(slow)}"
            self._offers.none_because = by_libraries[:WORDS] if slow else "its bundle makes no table; the log says why"
            return
        follower = Follower(Loaded(model.table, model.schema, model.answering))
        self._offers.follower = follower
        show_candidates(model.name, follower)
        if self._traffic is not None:
            self._poller = Poller(self._traffic, follower)
            self._poller.start()


async def serve(served: Served, ports: Ports, limits: Limits) -> None:
    """Run one server; MLServer wants to be made inside the running loop. Raises what a model's `load` raised."""
    # By default as many as the node has cores, and four.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "scoring"))
    server = ChurnServer(ports, served, limits)
    _log_like_mlserver()
    start_export()
    await server.serve()


def _settings(ports: Ports) -> Settings:
    return Settings(
        # Its tracebacks would go into answers, and every request into the log.
        debug=False,
        # A worker process costs more than scoring a row, and loses requests on SIGTERM.
        parallel_workers=0,
        load_models_at_startup=False,
        # Its counters of REST requests see those alone that its app answers, and error ratios of them are nonsense.
        metrics_endpoint=None,
        host=ports.host,
        grpc_port=ports.grpc,
        server_name="churnserve",
        server_version=version("churn-runtimes"),
    )


def _log_like_mlserver() -> None:
    # MLServer has set up its own logger by now, and that one alone.
    ours = logging.getLogger("churn_runtimes")
    ours.setLevel(logging.INFO)
    ours.handlers = list(logging.getLogger("mlserver").handlers)

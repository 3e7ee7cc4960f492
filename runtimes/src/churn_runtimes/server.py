"""MLServer, wrapped: the one module that knows how it is started and what its defaults must not be."""

from dataclasses import dataclass

from mlserver import MLModel, MLServer, ModelSettings, Settings


@dataclass(frozen=True)
class Ports:
    """Where one server listens."""

    rest: int
    grpc: int
    metrics: int


class ChurnServer(MLServer):  # type: ignore[misc]  # mlserver is untyped
    """One process that serves the models of one bundle, and says ready only when all of them are."""

    def __init__(self, settings: Settings, models: list[ModelSettings]) -> None:
        self._expected = models
        super().__init__(settings)
        self._failure: Exception | None = None
        self._load = self._model_registry.load
        self._model_registry.load = self._load_or_remember
        # Stock MLServer says ready while it has no model at all, so during start-up too.
        self._data_plane.ready = self.all_ready
        self._data_plane.model_ready = self.model_ready

    async def all_ready(self) -> bool:
        """True when every expected model is loaded and can answer."""
        ready = {model.name for model in await self._model_registry.get_models() if _can_answer(model)}
        return {model.name for model in self._expected} <= ready

    async def model_ready(self, name: str, version: str | None = None) -> bool:
        """The same of one model. Raises ModelNotFound."""
        return _can_answer(await self._model_registry.get_model(name, version))

    async def serve(self) -> None:
        """Serve until a signal comes. Raises what a model's `load` raised: stock MLServer would end without a word."""
        await self.start(self._expected)
        if self._failure:
            raise self._failure

    async def _load_or_remember(self, settings: ModelSettings) -> MLModel:
        try:
            return await self._load(settings)
        except Exception as error:
            self._failure = self._failure or error
            raise


def _can_answer(model: MLModel) -> bool:
    # Not by `ready` alone: MLServer would refuse requests by it, which then get no word of what is missing.
    return model.ready and getattr(model, "available", True)


async def serve(models: list[ModelSettings], host: str, ports: Ports) -> None:
    """Run one server; MLServer wants to be made inside the running loop. Raises what a model's `load` raised."""
    await ChurnServer(_settings(host, ports), models).serve()


def _settings(host: str, ports: Ports) -> Settings:
    return Settings(
        # Its tracebacks would go into answers, and every request into the log.
        debug=False,
        # A worker process costs more than scoring a row, and loses requests on SIGTERM.
        parallel_workers=0,
        load_models_at_startup=False,
        host=host,
        http_port=ports.rest,
        grpc_port=ports.grpc,
        metrics_port=ports.metrics,
        server_name="churnserve",
    )

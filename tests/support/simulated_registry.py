"""MLflow without a server: aliases of one model, asked every 30 s, and believed for three polls when it is away."""

from dataclasses import dataclass, field

from churn_models.names import CHALLENGER, CHAMPION
from churn_operator.api.model_source import ModelSource
from churn_operator.api.status import Reason
from churn_operator.decide.observed import Target, TargetProblem
from churn_operator.decide.target import Answer, Heard, Identity, Recorded, find_target
from support.simulated_versions import Version

POLL_SECONDS = 30.0
_OLD_SECONDS = 90.0
MEMBERS = ("random-forest", "xgboost")


@dataclass
class SimulatedRegistry:
    """What it has, and what the operator has heard of it."""

    versions: dict[str, Version]
    aliases: dict[str, str] = field(default_factory=dict)
    is_away: bool = False
    _heard: dict[tuple[str | None, str | None], tuple[float, Answer]] = field(default_factory=dict)

    def find(self, source: ModelSource, recorded: list[Recorded], now: float) -> Target | TargetProblem | None:
        """What the operator's watch knows of this source."""
        key = source.alias or CHAMPION if source.version is None else None, source.version
        asked, answer = self._heard.get(key, (-_OLD_SECONDS, None))
        if not self.is_away and (answer is None or now - asked >= POLL_SECONDS):
            asked, answer = now, self._answer(*key)
            self._heard[key] = asked, answer
        silence = TargetProblem(Reason.REGISTRY_UNREACHABLE, "MLflow: it has not answered") if self.is_away else None
        known = answer if answer and now - asked <= _OLD_SECONDS else None
        return find_target(source, Heard(known, silence), recorded)

    def point(self, alias: str, version: str, over: str | None = None) -> str | None:
        """Why the alias could not be written, or None; only in place of that version, where one is named."""
        if self.is_away:
            return "it has not answered"
        if over is not None and self.aliases.get(alias, "") not in (over, version):
            self._heard.clear()
            return "somebody has moved it"
        self.aliases[alias] = version
        self._heard.clear()
        return None

    def restart_watch(self) -> None:
        """Another operator leads, which has heard nothing yet."""
        self._heard.clear()

    def _answer(self, alias: str | None, version: str | None) -> Answer:
        first = False
        if version is None:
            version = self.aliases.get(alias or CHAMPION)
            if version is None and alias == CHAMPION:
                version, first = self.aliases.get(CHALLENGER), True
        if version not in self.versions:
            return Answer(problem=TargetProblem(Reason.VERSION_NOT_FOUND, "MLflow knows no such version"))
        found = self.versions[version]
        return Answer(version, first, Identity(found.digest, MEMBERS, found.comparison))

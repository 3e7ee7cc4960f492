"""One ChurnModel, from what is to what shall be: gather ▸ classify ▸ apply ▸ crown ▸ status. Level-triggered."""

import logging
from dataclasses import dataclass, replace

from churn_operator.api.churn_model import ChurnModel, parse_churn_model
from churn_operator.api.spec import ModelSource
from churn_operator.api.status import ChurnModelStatus, State
from churn_operator.children.build_children import build_children
from churn_operator.cluster.api_server import ApiServer, denial_of
from churn_operator.cluster.apply_children import apply_children
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.events import record_decision
from churn_operator.cluster.gather import gather
from churn_operator.cluster.kinds import CHURN_MODEL
from churn_operator.cluster.model_registry import ModelRegistry
from churn_operator.cluster.remove_leftovers import remove_leftovers
from churn_operator.decide.facts import must_poll
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.rollout_plan import plan_rollout
from churn_operator.decide.state import Verdict, classify
from churn_operator.decide.status import blocked_status, next_status
from churn_operator.errors import Denied, NotFound
from churn_operator.names import API_VERSION
from churn_operator.observe.write_result import WriteResult
from churn_operator.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a reconcile found a ChurnModel: its state, what it asks for, and the version that this is now."""

    state: State
    source: ModelSource
    version: str | None
    must_poll: bool
    """It has to be looked at again without an event."""


@dataclass(frozen=True)
class Reconciler:
    """What a reconcile needs from outside."""

    api: ApiServer
    registry: ModelRegistry
    settings: Settings

    async def reconcile(self, namespace: str, name: str) -> Outcome | None:
        """Bring one ChurnModel one step nearer to its spec; None when it is gone.

        Raises ClusterError; what was denied is in the status, too.
        """
        try:
            model = parse_churn_model(await self.api.get(CHURN_MODEL, namespace, name))
        except NotFound:
            return None
        if model.deleting:
            return None
        try:
            observed = await gather(self.api, self.registry, model, self.settings)
        except Denied as error:
            await self._write_status(model, blocked_status(model, denial_of(error), utc_now()))
            raise
        verdict = classify(observed)
        applied = await self._apply(observed, verdict)
        await self._set_first_champion_alias(observed, verdict)
        await self._write_status(model, next_status(observed, verdict, applied))
        if applied.denied:
            raise Denied(applied.denied.message)
        version = observed.target.version if isinstance(observed.target, Target) else None
        return Outcome(verdict.state, model.spec.model, version, must_poll(observed, verdict.state))

    async def _apply(self, observed: Observed, verdict: Verdict) -> WriteResult:
        plan = plan_rollout(observed, verdict)
        wanted = build_children(observed.model, plan, verdict.train, self.settings)
        applied = await apply_children(self.api, observed, wanted)
        if applied.denied:
            return applied
        try:
            await remove_leftovers(self.api, observed, wanted, plan.kept)
        except Denied as error:
            return replace(applied, denied=denial_of(error))
        return applied

    async def _set_first_champion_alias(self, observed: Observed, verdict: Verdict) -> None:
        target = observed.target
        if not isinstance(target, Target) or not target.first_champion:
            return
        if verdict.settled and verdict.settled.version == target.version:
            await self.registry.set_champion(observed.model.spec.model.name, target.version)

    async def _write_status(self, model: ChurnModel, status: ChurnModelStatus) -> None:
        if status == model.status:
            return
        logger.info("%s/%s: %s", model.namespace, model.name, status.state)
        metadata = {"name": model.name, "namespace": model.namespace}
        body = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        manifest = {"apiVersion": API_VERSION, "kind": "ChurnModel", "metadata": metadata, "status": body}
        await self.api.apply_status(CHURN_MODEL, manifest)
        for decision in status.history:
            if decision not in model.status.history:
                await record_decision(self.api, model, decision)

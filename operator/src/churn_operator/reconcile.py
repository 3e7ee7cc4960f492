"""One ChurnModel, from what is to what shall be: observe ▸ facts ▸ decide ▸ intend ▸ apply ▸ status. Level-triggered.

The controller's workers call it with a key; it reads everything anew and keeps nothing but whose turn it is to try
another serving image.
"""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from math import inf

from churn_models.traffic import Traffic

from churn_operator.api.churn_model import ChurnModel, Resource, UnreadableModel, parse_churn_model
from churn_operator.api.status import ChurnModelStatus, Reason, State
from churn_operator.audit.entry import Entry, Kind
from churn_operator.children.build_children import build_children
from churn_operator.cluster.alias_owners import AliasOwners
from churn_operator.cluster.api_server import ApiServer, denial_of
from churn_operator.cluster.apply_children import apply_children
from churn_operator.cluster.audit_trail import AuditTrail
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.drift_reports import DriftReports
from churn_operator.cluster.events import tell_decision
from churn_operator.cluster.gather import gather
from churn_operator.cluster.keda import Keda
from churn_operator.cluster.kinds import CHURN_MODEL
from churn_operator.cluster.label_watch import LabelWatch
from churn_operator.cluster.loop_metrics import show_loop
from churn_operator.cluster.pod_states import PodStates
from churn_operator.cluster.prune import prune
from churn_operator.cluster.registry_watch import RegistryWatch
from churn_operator.cluster.registry_writes import tag_versions, write_aliases
from churn_operator.cluster.search_watch import SearchWatch
from churn_operator.decide.decide import decide
from churn_operator.decide.facts import Facts, find_facts
from churn_operator.decide.image_phase import image_phase
from churn_operator.decide.intend import intend
from churn_operator.decide.news import is_news
from churn_operator.decide.next_attempt import seconds_to_next_attempt
from churn_operator.decide.observed import Observed
from churn_operator.decide.outcomes import outcomes
from churn_operator.decide.plan import Plan, make_plan
from churn_operator.decide.status import blocked_status, next_status, unreadable_status
from churn_operator.decide.traffic import TrafficWord
from churn_operator.errors import Denied, NotFound
from churn_operator.image_pace import ImagePace, ImagePhase
from churn_operator.metrics import DECISIONS
from churn_operator.names import API_VERSION
from churn_operator.observe.write_result import WriteResult
from churn_operator.queue import Key
from churn_operator.settings import Settings
from churn_operator.traffic_board import TrafficBoard

logger = logging.getLogger(__name__)

_FIGURES_SECONDS = 10.0
"""Between two writes of a status that tell of no more than figures."""


@dataclass(frozen=True)
class Outcome:
    """How a reconcile found a ChurnModel."""

    state: State | None
    """None where MLflow has yet to say what is wanted: nothing was decided."""
    reason: Reason | None
    """Why it is in that state."""
    look_again: float | None
    """Seconds after which it has to be looked at without an event."""


_UNDECIDED = Outcome(None, None, None)
_NOTHING_TRIED = TrafficWord(Traffic(generation=0))


@dataclass(frozen=True)
class Reconciler:
    """What a reconcile needs from outside."""

    api: ApiServer
    registry: RegistryWatch
    keda: Keda
    settings: Settings
    pace: ImagePace
    trail: AuditTrail
    owners: AliasOwners
    states: PodStates
    drift: DriftReports
    board: TrafficBoard
    labels: LabelWatch
    searches: SearchWatch
    told: dict[Key, float] = field(default_factory=dict)
    """When a status was last written."""

    async def reconcile(self, namespace: str, name: str) -> Outcome | None:
        """Bring one ChurnModel one step nearer to its spec; None when it is gone.

        Raises ClusterError; what was denied is in the status, too.
        """
        key = (namespace, name)
        model = await self._read(key)
        if model is None:
            self.pace.note(key, ImagePhase.SETTLED)
            return None
        if isinstance(model, UnreadableModel):
            self.pace.note(key, ImagePhase.SETTLED)
            await self._write_status(model, unreadable_status(model, utc_now()))
            return Outcome(State.BLOCKED, Reason.SPEC_NOT_UNDERSTOOD, None)
        # Asked before the cluster is: after a restart MLflow has been asked for nothing yet.
        if not self.registry.heard_of(key, model.spec.model) or (seen := await self._observe(model)) is None:
            return _UNDECIDED
        observed = replace(seen, may_change_image=self.pace.may_move(key))
        facts = find_facts(observed)
        observed = self.labels.observe(observed, facts)
        verdict = decide(observed, facts)
        # Before anything is awaited, so that two workers do not take one turn.
        self.pace.note(key, image_phase(observed, facts, verdict))
        plan = make_plan(observed, facts, verdict)
        intended = intend(observed, facts, verdict, plan)
        observed, written = await self._act(observed, facts, plan, intended, verdict.reason)
        show_loop(key, model.spec.loop, observed.memory.loop)
        await self._write_status(model, next_status(observed, facts, verdict, plan, written))
        if written.denied:
            raise Denied(written.denied.message)
        look_again = seconds_to_next_attempt(observed, written, verdict.look_again)
        return Outcome(verdict.state, verdict.reason, self.states.next_look(observed, look_again))

    async def _read(self, key: tuple[str, str]) -> ChurnModel | UnreadableModel | None:
        try:
            model = parse_churn_model(await self.api.get(CHURN_MODEL, *key))
        except NotFound:
            self.owners.forget(key)
            self.labels.forget(key)
            self.searches.forget(key)
            self.told.pop(key, None)
            return None
        self.owners.note(model)
        return None if model.deleting else model

    async def _observe(self, model: ChurnModel) -> Observed | None:
        writer = self.owners.writer(model.spec.model.name)
        try:
            if (seen := await gather(self.api, self.registry, self.keda, writer, model, self.settings)) is None:
                return None
            memory = await self.trail.recall(model, seen.segment)
            seen = self.searches.observe(replace(seen, memory=memory, segment=self.trail.segment_of(model)))
            return await self.states.ask(self.drift.look(seen))
        except Denied as error:
            await self._write_status(model, blocked_status(model, denial_of(error), utc_now()))
            raise

    async def _act(
        self, observed: Observed, facts: Facts, plan: Plan, intended: tuple[Entry, ...], reason: Reason
    ) -> tuple[Observed, WriteResult]:
        """Put on record what is intended, do it, and put on record what became of it. Without a record nothing is done.

        Gives what is remembered then, too.
        """
        try:
            observed = replace(observed, memory=await self.trail.append(observed.model, intended))
        except Denied as error:
            return observed, WriteResult(denied=denial_of(error))
        # First of all that is done: pods wait for it.
        self.board.say((observed.model.namespace, observed.model.name), plan.traffic or _NOTHING_TRIED)
        for entry in intended:
            if entry.kind == Kind.DECISION:
                DECISIONS.labels(observed.model.namespace, observed.model.name, entry.action, reason).inc()
        written = await self._apply(observed, plan)
        written = await write_aliases(self.registry, observed, written)
        try:
            found = await tag_versions(self.registry, observed, outcomes(observed, facts, plan, written))
            memory = await self.trail.append(observed.model, found)
        except Denied as error:
            return observed, replace(written, denied=written.denied or denial_of(error))
        return replace(observed, memory=memory), written

    async def _apply(self, observed: Observed, plan: Plan) -> WriteResult:
        wanted = build_children(observed.model, plan, self.settings)
        written = await apply_children(self.api, observed, wanted)
        if written.denied:
            return written
        try:
            await prune(self.api, observed, wanted, plan)
        except Denied as error:
            return replace(written, denied=denial_of(error))
        return written

    def _is_due(self, key: Key, old: ChurnModelStatus, new: ChurnModelStatus) -> bool:
        now = asyncio.get_running_loop().time()
        if not is_news(old, new) and now - self.told.get(key, -inf) < _FIGURES_SECONDS:
            return False
        self.told[key] = now
        return True

    async def _write_status(self, model: Resource, status: ChurnModelStatus) -> None:
        if status == model.status or not self._is_due((model.namespace, model.name), model.status, status):
            return
        logger.info("%s/%s: %s", model.namespace, model.name, status.state)
        metadata = {"name": model.name, "namespace": model.namespace}
        body = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        manifest = {"apiVersion": API_VERSION, "kind": "ChurnModel", "metadata": metadata, "status": body}
        await self.api.apply_status(CHURN_MODEL, manifest)
        for decision in status.history:
            if decision not in model.status.history:
                await tell_decision(self.api, model, decision)

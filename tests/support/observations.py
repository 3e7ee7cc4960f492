"""What an operator could observe, built small for tables of cases: start from `observed()` and change what matters."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.serving import Members
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import ChurnModelStatus, Reason, ServedRevision
from churn_operator.audit.entry import Entry
from churn_operator.audit.memory import Memory, remember
from churn_operator.audit.rollout import Phase, Rollout, Step
from churn_operator.decide.decide import decide
from churn_operator.decide.facts import find_facts
from churn_operator.decide.intend import intend
from churn_operator.decide.observed import Observed, Target, TargetProblem
from churn_operator.decide.outcomes import outcomes
from churn_operator.decide.plan import Plan, make_plan
from churn_operator.decide.status import next_status
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.configuration import Configuration, FanOut
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.read_records import with_fate_of
from churn_operator.observe.record import Bundle, Record, identify
from churn_operator.observe.write_result import WriteResult

NOW = "2026-11-23T12:00:00Z"
BEFORE = "2026-11-22T12:00:00Z"
MEMBERS = ("random-forest", "xgboost")
TAKEN = WriteResult(aliases=frozenset({"champion", "previous"}))
"""Everything was written, and MLflow took every alias."""
DIGESTS = {version: "sha256:" + version * 64 for version in "123"}


def model(spec: dict[str, Any] | None = None, status: ChurnModelStatus | None = None) -> ChurnModel:
    """A ChurnModel named telco with these fields in its spec beside the model's name."""
    return ChurnModel(
        name="telco",
        namespace="churn",
        uid="uid-1",
        created=BEFORE,
        generation=3,
        deleting=False,
        spec=ChurnModelSpec.model_validate({"model": {"name": "telco"}, **(spec or {})}),
        status=status or ChurnModelStatus(),
    )


def revision(version: str, image: str = "serving:1", fan_out: FanOut | None = None) -> Record:
    """The record of that version with the default serving configuration."""
    resources = ChurnModelSpec.model_validate({"model": {"name": "telco"}}).serving.resources
    bundle = Bundle("telco", version, DIGESTS[version], MEMBERS)
    configuration = Configuration(image, resources, fan_out)
    identifier = identify(bundle, configuration)
    return Record(identifier, bundle, configuration, name=f"telco-{identifier}", created=BEFORE)


def distributed(version: str, quorum: int | None = None) -> Record:
    """The same, distributed with the default settings but for the quorum."""
    return revision(version, fan_out=replace(FanOut.from_spec(Members()), quorum=quorum))


def members(ready: int = 1, **changes: Deployed | None) -> dict[str, Deployed]:
    """Every member's Deployment with so many ready pods of the one that it wants, but for the changes; None: missing.

    Names in changes have _ for -.
    """
    seen = Deployed("any", ready > 0, True, ready)
    return {member: found for member in MEMBERS if (found := changes.get(member.replace("-", "_"), seen)) is not None}


def served(version: str, reason: Reason | None = None) -> ServedRevision:
    """That version in a role of the status."""
    message = "because" if reason else None
    identifier = revision(version).identifier
    return ServedRevision(
        version=version, digest=DIGESTS[version], revision=identifier, since=BEFORE, reason=reason, message=message
    )


def deployed(version: str, rolled_out: bool = True, failure: PodFailure | None = None, ready: int = 0) -> Deployed:
    """A Deployment whose template names that version; `ready` of its pods are, where it is not rolled out."""
    ready = 2 if rolled_out else ready
    return Deployed(revision(version).identifier, rolled_out, rolled_out, ready, failure, wanted_pods=2)


def scaling(version: str, ready: int) -> Deployed:
    """A Deployment with pods of that version alone, not all of which are ready yet."""
    return Deployed(revision(version).identifier, False, True, ready, wanted_pods=2)


def target(version: str, first: bool = False) -> Target:
    """That version, found in MLflow."""
    return Target(version, DIGESTS[version], first, MEMBERS)


def problem(reason: Reason) -> TargetProblem:
    """No target, for this reason."""
    return TargetProblem(reason, f"{reason} it is")


def observed(**changes: Any) -> Observed:
    """Version 1 is wanted and nothing is there yet; all three revisions are recorded, with the status' fates."""
    nothing = Observed(
        model=model(),
        target=target("1"),
        records={revision(version).identifier: revision(version) for version in DIGESTS},
        deployed=None,
        members={},
        answering=frozenset(),
        ready_pods=0,
        training=None,
        children={},
        serving_image="serving:1",
        now=NOW,
        alias_writer=("churn", "telco"),
    )
    seen = replace(nothing, **changes)
    if seen.model.spec.drift and "records" not in changes:
        seen = replace(seen, records={name: _watched(record, seen) for name, record in seen.records.items()})
    if seen.deployed and "ready_pods" not in changes:
        seen = replace(seen, ready_pods=seen.deployed.ready_pods)
    fates = {
        name: record if record.fate else with_fate_of(seen.model.status, record)
        for name, record in seen.records.items()
    }
    return replace(seen, records=fates)


def _watched(record: Record, seen: Observed) -> Record:
    """The same revision under the same name, whose pods have had the sidecar that the spec asks for all along."""
    asked = Configuration.from_spec(seen.model.spec, seen.serving_image, seen.pod_defaults, seen.drift_image)
    return replace(record, configuration=replace(record.configuration, sidecar=asked.sidecar))


def rollout(phase: Phase, **changes: Any) -> Rollout:
    """Version 2 is tried beside version 1, by two steps, and in such a phase since NOW."""
    old, new = revision("1"), revision("2")
    begun = Rollout(
        phase=phase,
        revision=new.identifier,
        previous=old.identifier,
        version="2",
        digest=new.bundle.digest,
        previous_version="1",
        previous_digest=old.bundle.digest,
        generation=1,
        since=NOW,
        begun=NOW,
        steps=(Step(5, 120.0), Step(50, 300.0)),
        weight=5,
    )
    return replace(begun, **changes)


def trying(phase: Phase, **changes: Any) -> Observed:
    """The same, observed; where pods are of version 2 by then, they are."""
    is_promoted = phase in (Phase.PROBATION, Phase.SAFE_MODE)
    status = ChurnModelStatus(stable=served("2" if is_promoted else "1"), previous=served("1") if is_promoted else None)
    running = deployed("2") if is_promoted else deployed("2", False) if phase is Phase.PROMOTING else deployed("1")
    spec = {"rollout": {"strategy": "Canary"}}
    found = {"model": model(spec, status), "deployed": running, "memory": Memory(rollout=rollout(phase))}
    return observed(**{**found, "target": target("2"), **changes})


def verdict_of(seen: Observed) -> Verdict:
    """What is decided about it."""
    return decide(seen, find_facts(seen))


def plan_of(seen: Observed) -> Plan:
    """What that means for the children."""
    return make_plan(seen, find_facts(seen), verdict_of(seen))


def intended(seen: Observed) -> tuple[Entry, ...]:
    """What is recorded before acting."""
    return intend(seen, find_facts(seen), verdict_of(seen), plan_of(seen))


def acted(seen: Observed, written: WriteResult | None = None) -> Observed:
    """The same, with what is remembered after acting, when everything could be written, or when it went so."""
    seen = replace(seen, memory=remembered(seen.memory, intended(seen)))
    found = outcomes(seen, find_facts(seen), plan_of(seen), written or TAKEN)
    return replace(seen, memory=remembered(seen.memory, found))


def remembered(memory: Memory, entries: Iterable[Entry]) -> Memory:
    """The memory with these too."""
    for entry in entries:
        memory = remember(memory, entry, max((one.sequence for one in memory.begun.values()), default=0) + 1, NOW)
    return memory


def status_of(seen: Observed, written: WriteResult | None = None) -> ChurnModelStatus:
    """The status that follows when everything could be written, or when it went so."""
    seen, written = acted(seen, written), written or WriteResult()
    return next_status(seen, find_facts(seen), verdict_of(seen), plan_of(seen), written)


def after(seen: Observed, **changes: Any) -> Observed:
    """The next observation: the status, the memory and the fates that the last one led to, and what has changed."""
    records = {one.identifier: replace(one, name=one.name or "written") for one in plan_of(seen).records}
    told = replace(seen.model, status=status_of(seen))
    kept = {name: value for name, value in vars(seen).items() if name != "ready_pods"}
    return observed(**{**kept, "model": told, "records": records, "memory": acted(seen).memory, **changes})

"""Which revision spec and registry ask for, and whose wish it is: a person's, or nobody's but training's."""

from dataclasses import dataclass, replace

from churn_operator.api.loop import Mode
from churn_operator.api.rollout import Strategy
from churn_operator.api.status import Reason
from churn_operator.audit.rollout import Phase, Wisher
from churn_operator.decide.observed import Observed, Target, TargetProblem
from churn_operator.decide.offline_gate import is_newer, why_not_tried
from churn_operator.decide.target import follows_champion
from churn_operator.observe.configuration import Configuration
from churn_operator.observe.read_records import with_fate_of
from churn_operator.observe.record import Bundle, Fate, Record, Templates, identify


@dataclass(frozen=True)
class Wanted:
    """What is asked for now."""

    record: Record | None
    """None: MLflow does not say."""
    by: Wisher = Wisher.PERSON


def asked_for(observed: Observed) -> Record | None:
    """What the followed alias, or the version in the spec, asks for in the spec's configuration."""
    return _record_of(observed, observed.target) if isinstance(observed.target, Target) else None


def find_wanted(observed: Observed, asked: Record | None, stable: Record | None) -> Wanted:
    """`asked` is what a person asks for. It has been promoted already, a challenger comes after it."""
    if asked is None:
        return Wanted(None, _last_wisher(observed))
    if promoted := _promoted_before_its_alias(observed, asked, stable):
        return Wanted(promoted)
    if stable is None or not (asked.identifier == stable.identifier or _goes_before(observed, asked, stable)):
        return Wanted(_in_present_configuration(observed, asked, stable))
    challenger = _recalled(observed, stable) or _challenger(observed, stable)
    return Wanted(challenger, Wisher.CHALLENGER) if challenger else Wanted(asked)


def find_rejection(observed: Observed, wanted: Record) -> Record | None:
    """The record by which a revision is known as bad, unless spec.rollout.retry lifts that."""
    token = observed.model.spec.rollout.retry or ""
    digest = wanted.bundle.digest
    known = [record for record in observed.records.values() if record.bundle.digest == digest]
    # What was found bad may have served later, after a retry: a node had been at fault, not the bundle.
    served = max((record.since for record in known if record.fate is Fate.SERVED), default="")
    quarantined = [record for record in known if record.fate is Fate.QUARANTINED and record.since >= served]
    for record in [wanted] if wanted.was_rejected else quarantined:
        if not token or token == record.retry:
            return record
    return None


def _record_of(observed: Observed, target: Target) -> Record:
    spec = observed.model.spec
    bundle = Bundle(spec.model.name, target.version, target.digest, target.members, target.comparison)
    configuration = Configuration.from_spec(
        spec, observed.serving_image, observed.pod_defaults, observed.drift_image, observed.labels_url
    )
    return _record(observed, bundle, configuration)


def _record(observed: Observed, bundle: Bundle, configuration: Configuration) -> Record:
    known = [record for record in observed.records.values() if record.is_of(bundle, configuration)]
    # Two operators may have named one revision differently; what runs needs no rollout.
    known.sort(key=lambda record: (observed.is_deployed(record), record.created), reverse=True)
    if known:
        return replace(known[0], bundle=bundle)
    identifier = identify(bundle, configuration)
    templates = observed.templates.get(identifier, Templates())
    return with_fate_of(observed.model.status, Record(identifier, bundle, configuration, templates))


def _in_present_configuration(observed: Observed, asked: Record, stable: Record | None) -> Record:
    """A new bundle is tried in the stable pods before a new image or new defaults, each by itself."""
    if observed.model.spec.rollout.strategy is Strategy.DIRECT or stable is None:
        return asked
    present = stable.configuration
    if asked.bundle.digest == stable.bundle.digest:
        return asked
    if not asked.configuration.differs_by_installation(present, observed.model.spec.pod):
        return asked
    return _record(observed, asked.bundle, present)


def _last_wisher(observed: Observed) -> Wisher:
    """While MLflow does not say what is wanted, what is tried is nobody else's wish: silence is no person's yes."""
    last = observed.memory.rollout
    return last.by if last and last.lasts else Wisher.PERSON


def _goes_before(observed: Observed, asked: Record, stable: Record) -> bool:
    """Whether a challenger that is being tried goes on before the operator's new image, or new defaults, come."""
    if _tried(observed, stable) is None or asked.bundle.digest != stable.bundle.digest:
        return False
    return asked.configuration.differs_by_installation(stable.configuration, observed.model.spec.pod)


def _promoted_before_its_alias(observed: Observed, asked: Record, stable: Record | None) -> Record | None:
    """A challenger that serves stays wanted until MLflow names it, or a person has named another one meanwhile."""
    last, wish, target = observed.memory.rollout, observed.memory.wish, observed.target
    if last is None or stable is None or last.by is not Wisher.CHALLENGER or last.revision != stable.identifier:
        return None
    if not isinstance(target, Target) or target.first_champion or not follows_champion(observed.model.spec.model):
        return None
    moved = wish is not None and wish.version == last.version
    if target.version != last.previous_version or moved:
        return None
    return _record(observed, stable.bundle, asked.configuration)


def _recalled(observed: Observed, stable: Record) -> Record | None:
    """The version before, which labels have shown to be better than this stable one."""
    recall = observed.memory.loop.recall
    known = observed.records.get(recall.revision) if recall else None
    if recall is None or known is None or recall.over != stable.bundle.digest:
        return None
    if not follows_champion(observed.model.spec.model):
        return None
    record = _record(observed, known.bundle, stable.configuration)
    return record if find_rejection(observed, record) is None else None


def _challenger(observed: Observed, stable: Record) -> Record | None:
    """Tried though nobody has asked for it. Once it is, it goes on while MLflow does not say what challenger names."""
    if not follows_champion(observed.model.spec.model) or observed.model.spec.loop.promote is Mode.OBSERVE:
        return None
    last, found, loop = observed.memory.rollout, observed.challenger, observed.memory.loop
    if loop.is_held or (last and last.lasts and last.phase is Phase.SAFE_MODE):
        return None
    if not isinstance(found, Target):
        is_gone = isinstance(found, TargetProblem) and found.reason is Reason.VERSION_NOT_FOUND
        return None if is_gone else _tried(observed, stable)
    if found.digest in loop.worse:
        return None
    record = _record(observed, _bundle(observed, found), stable.configuration)
    passes = is_newer(observed, found) and why_not_tried(observed, found, stable) is None
    may_begin = passes and find_rejection(observed, record) is None
    return record if may_begin else None


def _bundle(observed: Observed, found: Target) -> Bundle:
    return Bundle(observed.model.spec.model.name, found.version, found.digest, found.members, found.comparison)


def _tried(observed: Observed, stable: Record) -> Record | None:
    last = observed.memory.rollout
    if last is None or not last.lasts or last.by is not Wisher.CHALLENGER or last.previous != stable.identifier:
        return None
    return observed.records.get(last.revision)

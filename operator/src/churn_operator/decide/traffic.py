"""What the operator wants of the serving pods while something is tried: a function of the rollout, the same for all.

`make_plan` makes it; the board (`traffic_board`) says it to each pod that asks. Pods that have loaded the candidate
themselves have nothing to try, so old and new pods of a rolling update hear the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from churn_models.traffic import HeldTable, OfferedTable, State, Traffic

from churn_operator.audit.rollout import Phase, Rollout
from churn_operator.decide.observed import Observed
from churn_operator.names import Track, metrics_url
from churn_operator.observe.late import seconds_between
from churn_operator.observe.pod_answer import PodAnswer

FIRST_SECONDS = 30.0
"""How long one pod alone holds a new table."""
PROBATION_SAMPLE = 25
"""Percent of the requests that the version before scores, too."""
_SOURCES = 8


@dataclass(frozen=True)
class TrafficWord:
    """For the pods of one ChurnModel."""

    traffic: Traffic
    only: str = ""
    """The one pod that is told of tables for now: what they do to a pod, they do to one. Empty: all are."""

    def for_pod(self, pod: str) -> Traffic:
        """For the pod of that name."""
        if not self.only or pod == self.only:
            return self.traffic
        return Traffic(generation=self.traffic.generation)


def traffic_word(observed: Observed, rollout: Rollout | None, is_scarce: bool) -> TrafficWord:
    """None: nothing was ever tried. `is_scarce`: a step waits for nothing but pairs, so all requests make some."""
    if rollout is None:
        return TrafficWord(Traffic(generation=0))
    if rollout.phase is Phase.VERIFYING:
        return _spreading(observed, rollout)
    return TrafficWord(_said(observed, rollout, is_scarce))


def candidate_table(observed: Observed, rollout: Rollout) -> str:
    """sha256 of what is tried, or what the verifier offers; empty while that is not known."""
    return rollout.candidate_table or _held_of(verifiers(observed, rollout), rollout.digest)


def stable_table(observed: Observed, rollout: Rollout) -> str:
    """sha256 of what was stable when it began, as some process has said that it holds it; else empty."""
    known = rollout.stable_table or _held_of(observed.stable_pods, rollout.previous_digest)
    # A pod that is busy may not answer just now.
    return known or _held_in(observed.seen, rollout.previous_digest)


def holds(pod: PodAnswer, sha256: str) -> bool:
    """Whether the pod says so."""
    return pod.state is not None and any(table.sha256 == sha256 for table in pod.state.held)


def _said(observed: Observed, rollout: Rollout, is_scarce: bool) -> Traffic:
    candidate, before, weight = _candidate(observed, rollout), _before(observed, rollout), rollout.weight
    match rollout.phase:
        case Phase.SHADOWING:
            said = _traffic(observed, rollout, candidate, sample=100 if is_scarce else weight)
        case Phase.CANARY:
            said = _traffic(observed, rollout, candidate, weight=weight, sample=100 if is_scarce else 0)
        case Phase.PROMOTING:
            # New pods load the one before while old ones are there to give it.
            said = _traffic(observed, rollout, candidate, before, weight=weight)
        case Phase.ROLLING_OUT:
            said = _traffic(observed, rollout, [], before)
        case Phase.PROBATION:
            said = _traffic(observed, rollout, before, sample=PROBATION_SAMPLE, previous=True)
        case Phase.ROLLING_BACK | Phase.SAFE_MODE:
            said = _traffic(observed, rollout, before, weight=weight, previous=True)
        case Phase.ENDED if _has_pods_that_go(observed, rollout):
            # They answer until they are gone, and are to answer by what is stable now.
            said = _traffic(observed, rollout, before, weight=100, previous=True)
        case _:
            said = Traffic(generation=rollout.generation)
    return said


def _has_pods_that_go(observed: Observed, rollout: Rollout) -> bool:
    """Whether what was tried by pods of its own was left, and some of those are still there."""
    runs = observed.deployed.revision if observed.deployed else rollout.revision
    return runs == rollout.previous and rollout.revision in observed.answering


def _candidate(observed: Observed, rollout: Rollout) -> list[OfferedTable]:
    return _offered(observed, rollout, candidate_table(observed, rollout), rollout.digest, rollout.version)


def _before(observed: Observed, rollout: Rollout) -> list[OfferedTable]:
    if rollout.previous_digest == rollout.digest:
        return []
    owners = [pod for pod in observed.ready_stable_pods if pod.revision == rollout.previous]
    sha256 = stable_table(observed, rollout)
    return _offered(observed, rollout, sha256, rollout.previous_digest, rollout.previous_version, owners)


def _spreading(observed: Observed, rollout: Rollout) -> TrafficWord:
    """The table to one pod first. It stays that one when it breaks, so that no other follows it."""
    sha256 = candidate_table(observed, rollout)
    tables = _offered(observed, rollout, sha256, rollout.digest, rollout.version)
    word = TrafficWord(Traffic(generation=rollout.generation, tables=tuple(tables)))
    first = min(observed.stable_pods, key=lambda pod: pod.name, default=None)
    if first is None or _is_proved(observed, rollout, first, sha256):
        return word
    return TrafficWord(word.traffic, only=first.name)


def _is_proved(observed: Observed, rollout: Rollout, first: PodAnswer, sha256: str) -> bool:
    since = min((pod.ready_since for pod in verifiers(observed, rollout) if pod.ready_since), default="")
    is_old = bool(since) and seconds_between(since, observed.now) >= FIRST_SECONDS
    return is_old and first.ready and holds(first, sha256)


def _traffic(
    observed: Observed,
    rollout: Rollout,
    tried: list[OfferedTable],
    more: Iterable[OfferedTable] = (),
    **asked: int,
) -> Traffic:
    """Nothing is tried where the table is not known."""
    tables = (*tried, *more)
    if not tried:
        return Traffic(generation=rollout.generation, tables=tables)
    return Traffic(
        generation=rollout.generation,
        tables=tables,
        candidate=tried[0].sha256,
        weight=asked.get("weight", 0),
        sample=asked.get("sample", 0),
        sticky=observed.model.spec.rollout.sticky,
        previous=bool(asked.get("previous")),
    )


def _offered(
    observed: Observed, rollout: Rollout, sha256: str, digest: str, version: str, owners: Iterable[PodAnswer] = ()
) -> list[OfferedTable]:
    """With those that say they hold it, the verifier first, and its owners, be they silent just now.

    Pods keep what is named, be there a source or none.
    """
    if not sha256:
        return []
    asked = (*verifiers(observed, rollout), *observed.stable_pods)
    pods = [pod for pod in asked if pod.address and (holds(pod, sha256) or pod in owners)]
    sources = tuple(metrics_url(pod.address, f"/tables/{sha256}") for pod in pods[:_SOURCES])
    return [OfferedTable(sha256=sha256, digest=digest, version=version, sources=sources)]


def _held_of(pods: Iterable[PodAnswer], digest: str) -> str:
    return _held_in((pod.state for pod in pods if pod.state), digest)


def _held_in(states: Iterable[State], digest: str) -> str:
    held: Iterable[HeldTable] = (table for state in states for table in state.held)
    return next((table.sha256 for table in held if table.digest == digest), "")


def verifiers(observed: Observed, rollout: Rollout) -> list[PodAnswer]:
    """Of what is tried; that of a candidate before may still be ending."""
    return [pod for pod in observed.pods if pod.track is Track.CANDIDATE and pod.revision == rollout.revision]

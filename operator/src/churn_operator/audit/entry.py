"""What one audit record says, before it has a place in the chain: `decide` writes it, `memory` reads it.

Only what matters to a person is recorded: a rollout that begins, not every template that is patched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_TEXTS = ("kind", "action", "key", "version", "message", "revision")


class Kind(StrEnum):
    """What a record is about."""

    DECISION = "Decision"  # what the operator is about to do
    OUTCOME = "Outcome"  # what became of a decision
    EXTERNAL = "External"  # what a person or a Job has done, as the operator found it


class Deed(StrEnum):
    """What was decided, or done by somebody else."""

    ROLLOUT_BEGUN = "RolloutBegun"  # another revision starts beside the stable one
    PROMOTED = "Promoted"  # every pod serves it: it is the stable one now
    REJECTED = "Rejected"  # it was found bad
    ROLLED_BACK = "RolledBack"  # the stable revision's template is applied again
    TRAINING_STARTED = "TrainingStarted"  # a Job makes the first version
    CHAMPION_SET = "ChampionSet"  # the operator points the alias at the version that serves
    PREVIOUS_SET = "PreviousSet"  # the operator points the alias previous at the version that served before
    SHIFTED = "Shifted"  # a step begins: another weight
    PODS_OF_ITS_OWN = "PodsOfItsOwn"  # it cannot be tried in the stable pods: a rolling update tries it
    SERVE_GATE_PASSED = "ServeGatePassed"  # the first new pod answers as the old ones do: the others follow
    PROMOTING = "Promoting"  # all steps have passed: it answers everything, and pods of its own start
    PROBATION_ENDED = "ProbationEnded"  # the version before is let go
    WITHDRAWN = "Withdrawn"  # something else is wanted now, and what was tried answers no more
    AWAITS_APPROVAL = "AwaitsApproval"  # a challenger has passed, and a person has to say yes
    TRIAL_WAITS = "TrialWaits"  # its deadline has passed, and nothing is known of it: pods are silent, or have no room
    BOTH_BAD = "BothBad"  # stable and candidate are both bad: a person has to look
    SAFE_MODE_ENTERED = "SafeModeEntered"  # what serves is bad, and there is nothing good to go back to
    SAFE_MODE_LEFT = "SafeModeLeft"  # a person wants something else
    ROLLBACK_ENDED = "RollbackEnded"  # every pod is of the revision before again
    TRAINING_FAILED = "TrainingFailed"  # the Job ended without a version
    RETRAINING_STARTED = "RetrainingStarted"  # evidence asks for another training: a Job makes a challenger
    RETRAINED = "Retrained"  # that Job has made one
    CHAMPION_KEPT = "ChampionKept"  # that Job has made none, for it would be no better than the champion
    FLOOR_MISSED = "FloorMissed"  # that Job has made none, for it would not be good enough without a champion either
    DATA_REJECTED = "DataRejected"  # that Job found the data not fit to train on
    RETRAINING_FAILED = "RetrainingFailed"  # that Job failed for another reason
    FROZEN = "Frozen"  # the rows that come in are broken: retraining, promotion and a canary's clock stand still
    THAWED = "Thawed"  # they are good again
    PREVIOUS_RECALLED = "PreviousRecalled"  # by labels the version before is the better one: it is tried again
    SUGGESTED = "Suggested"  # evidence asks for an action, and spec.loop.approve has to name it
    OBSERVED = "Observed"  # evidence asks for an action that spec.loop only has recorded
    LOOP_APPROVED = "LoopApproved"  # spec.loop.approve names what waits
    CHALLENGER_PASSED_OVER = "ChallengerPassedOver"  # training has not compared it with what serves, or found it worse
    HARM_ESTIMATED = "HarmEstimated"  # by its calibrated scores what serves has become worse; labels are to be sooner
    POD_IS_ODD = "PodIsOdd"  # one pod sees other rows than its peers
    SCHEMA_CHANGED = "SchemaChanged"  # categories that training has not seen come for a week: a person decides
    UPSTREAM_BROKEN = "UpstreamBroken"  # the rows of three or more ChurnModels broke at the same time
    MONITOR_BLIND = "MonitorBlind"  # there were requests for a day, and no verdict came of them
    STREAM_HELD_BACK = "StreamHeldBack"  # the stream's first worker of a version is worse: all stay with the one before
    CHAMPION_MOVED = "ChampionMoved"  # somebody else moved the alias that is followed
    RETRY_ASKED = "RetryAsked"  # spec.rollout.retry lifts a rejection
    APPROVED = "Approved"  # spec.rollout.approve names the challenger that waits
    PAUSED = "Paused"  # spec.paused is true now
    RESUMED = "Resumed"  # it is no longer


class Result(StrEnum):
    """What became of a decision."""

    APPLIED = "Applied"  # it was done
    FAILED = "Failed"  # it could not be done yet; it is told once, and tried again
    SUPERSEDED = "Superseded"  # something else was decided before it was done


@dataclass(frozen=True)
class Entry:
    """One record's content. Words are text: another version of the operator may know more of them."""

    kind: str
    action: str
    key: str
    """The same for the same decision, however often it is come to."""
    version: str
    message: str
    revision: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    """What was read before deciding."""
    rollout: dict[str, Any] | None = None
    """What is tried from now on, where that changes: `Rollout.to_data`."""
    of: int | None = None
    """An outcome: the sequence of its decision."""
    result: str | None = None

    def to_data(self) -> dict[str, Any]:
        """As the chain holds it, without what is empty."""
        return {name: value for name, value in vars(self).items() if value not in (None, "", {})}


def read_entry(data: Mapping[str, Any]) -> Entry:
    """From the chain; what another version left out, or wrote otherwise, counts as empty."""
    texts = {name: found if isinstance(found := data.get(name), str) else "" for name in _TEXTS}
    evidence, of, result, rollout = (data.get(name) for name in ("evidence", "of", "result", "rollout"))
    return Entry(
        **texts,
        evidence=evidence if isinstance(evidence, dict) else {},
        rollout=rollout if isinstance(rollout, dict) else None,
        of=of if isinstance(of, int) else None,
        result=result if isinstance(result, str) else None,
    )

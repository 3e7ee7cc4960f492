"""ChurnModel.status: what the operator answers, and every condition type and reason it uses."""

from enum import StrEnum
from typing import Annotated

from pydantic import AliasChoices, Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.rollout_status import RolloutProgress

Text = Annotated[str, StringConstraints(max_length=1024)]


class ConditionType(StrEnum):
    """What a ChurnModel can be; `Ready` is computed from the others."""

    READY = "Ready"  # what spec and registry ask for serves, and nothing is in its way
    AVAILABLE = "Available"  # users get answers; the message says from how many of the wanted pods
    RECONCILING = "Reconciling"  # a training or a rollout is under way, or is waited for
    STALLED = "Stalled"  # it does not go on by itself: somebody has to change something
    ARTIFACT_VERIFIED = "ArtifactVerified"  # the wanted version is found and its digest is the recorded one
    PAUSED = "Paused"  # spec.paused holds everything as it is
    SYNCED = "Synced"  # the API server lets the operator read and write all that it has to
    CHILDREN_OWNED = "ChildrenOwned"  # no foreign object has the name of a child
    ALIAS_SYNCED = "AliasSynced"  # the aliases are this ChurnModel's to write, and MLflow has taken them
    BATCH_SUCCEEDED = "BatchSucceeded"  # the last run of spec.batch that ended wrote every row; the next is not denied
    STREAM_READY = "StreamReady"  # every worker of spec.stream is ready with the stable version; no part of Ready
    FEED_HEALTHY = "FeedHealthy"  # the rows that come in are whole; Unknown where nobody looks, or too few came
    MODEL_HEALTHY = "ModelHealthy"  # nothing that is known speaks against the version that answers
    LABELS_FRESH = "LabelsFresh"  # labels still come in by which the version that answers can be judged


class State(StrEnum):
    """Where a ChurnModel is, in one word, for the printer column."""

    TRAINING = "Training"  # the training Job runs
    TRAINING_FAILED = "TrainingFailed"  # the training Job ended without a version
    WAITING = "Waiting"  # no version to serve, no registry to ask, or nothing known of the new version in time
    ROLLING_OUT = "RollingOut"  # new pods are starting; older ones, if any, answer
    VERIFYING = "Verifying"  # one pod proves the new version; the stable one answers
    SHADOWING = "Shadowing"  # a sample is scored by both; the stable one answers
    CANARY = "Canary"  # the new version answers a share, by evidence a growing one
    PROMOTING = "Promoting"  # the new version answers, and its pods are starting
    PROBATION = "Probation"  # the wanted version answers, and the one before stays loaded beside it
    ROLLING_BACK = "RollingBack"  # the version before answers, and its pods are coming back
    SAFE_MODE = "SafeMode"  # what serves was found bad, and there is nothing good to go back to
    STABLE = "Stable"  # the wanted version answers
    DEGRADED = "Degraded"  # the stable version lacks members, or none of its pods is ready
    REJECTED = "Rejected"  # the wanted version is bad; the stable one, if any, answers
    BLOCKED = "Blocked"  # the API server says no, a name is taken, or the spec names no model; what runs goes on
    PAUSED = "Paused"  # spec.paused


class JobState(StrEnum):
    """What a run of spec.batch does, and the Job that searches for an ensemble."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class Reason(StrEnum):
    """Why a condition has its status."""

    SERVING = "Serving"  # the pods serve the stable digest
    ROLLING_OUT = "RollingOut"  # not all pods serve the wanted digest yet
    NOTHING_TO_SERVE = "NothingToServe"  # no version has ever been ready
    PODS_READY = "PodsReady"  # pods answer users
    PODS_NOT_READY = "PodsNotReady"  # no pod is ready to answer
    VERIFIED = "Verified"  # the digest is the recorded one
    VERSION_NOT_FOUND = "VersionNotFound"  # MLflow knows no such model, alias or version
    REGISTRY_UNREACHABLE = "RegistryUnreachable"  # MLflow did not answer; what runs goes on
    REGISTRY_ERROR = "RegistryError"  # MLflow answered with an error; what runs goes on
    DIGEST_MISMATCH = "DigestMismatch"  # the version's manifest is not the one that spec.model.digest names
    ARTIFACT_INVALID = "ArtifactInvalid"  # the version holds no bundle that can be read
    TRAINING = "Training"  # the Job runs
    TRAINING_FAILED = "TrainingFailed"  # the Job failed, or made no version
    SEARCHING = "Searching"  # a Job tries ensembles; the best one is trained then
    SEARCH_FAILED = "SearchFailed"  # that Job failed; nothing is trained
    DATASET_NOT_ALLOWED = "DatasetNotAllowed"  # credentials would go to a database that the operator does not allow
    SETTLED = "Settled"  # nothing is left to do
    PAUSED = "Paused"  # spec.paused is true
    ACTIVE = "Active"  # spec.paused is false
    SYNCED = "Synced"  # nothing was denied
    FORBIDDEN = "Forbidden"  # the operator has no right to do this; the message names verb and resource
    CHANGE_DENIED = "ChangeDenied"  # admission or a quota denies a child, in its own words
    OWNED = "Owned"  # all children are ours
    NAME_CONFLICT = "NameConflict"  # an object of somebody else has a child's name; it is left alone
    CRASHING = "Crashing"  # the new pods end again and again
    PROGRESS_DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"  # the new pods were not ready in time
    PODS_PENDING = "PodsPending"  # the cluster cannot start the pods: quota, no room, image; not the version's fault
    MEMBERS_MISSING = "MembersMissing"  # a member has no ready pod: answers leave it out, or are 503 under the quorum
    QUORUM_IMPOSSIBLE = "QuorumImpossible"  # spec.serving.members.quorum is more than the version has members
    BUNDLE_REJECTED = "BundleRejected"  # a pod found the bundle bad; the message names the check
    SPEC_NOT_UNDERSTOOD = "SpecNotUnderstood"  # a field holds what this operator does not know, and counts as not given
    REVISION_UNKNOWN = "RevisionUnknown"  # nothing tells what the pods serve; they are left as they are
    VERIFYING = "Verifying"  # the new version is being proved, or its table spreads
    PODS_SILENT = "PodsSilent"  # pods do not tell what they hold, so nothing is known of what is tried; it waits
    STEP_HOLDS = "StepHolds"  # the step lasts, and nothing speaks against it
    UNKNOWN = "Unknown"  # there is too little evidence; the message says how much of how much
    AWAITS_APPROVAL = "AwaitsApproval"  # a challenger has passed, or evidence asks for something: a person has to agree
    PROMOTING = "Promoting"  # all steps have passed; pods of the new version replace the others
    IN_PROBATION = "InProbation"  # it serves, and is compared with the version before
    SERVE_GATE = "ServeGate"  # the first new pod is compared with the old ones
    CANDIDATE_FAULTS = "CandidateFaults"  # the new version fails, or gives no scores, where the stable one does not
    CANDIDATE_SLOW = "CandidateSlow"  # the new version takes far longer than the stable one for the same requests
    SCORES_SHIFTED = "ScoresShifted"  # its scores differ from the stable one's by more than was expected
    SERVES_WORSE = "ServesWorse"  # pods of the new revision fail or are slow where the old ones are not
    BOTH_BAD = "BothBad"  # stable and candidate fail alike; nothing is gained by going back
    NOTHING_GOOD = "NothingGood"  # what serves is bad and what was before is bad, too, or its record is lost
    WITHDRAWN = "Withdrawn"  # something else is wanted now
    ALIAS_SYNCED = "AliasSynced"  # no alias is left to write
    ALIAS_CONFLICT = "AliasConflict"  # an older ChurnModel of the same registered model writes the aliases
    ALIAS_NOT_WRITTEN = "AliasNotWritten"  # MLflow did not take the alias; what serves goes on
    BATCH_SUCCEEDED = "BatchSucceeded"  # the last run has written every row
    BATCH_FAILED = "BatchFailed"  # the last run has not; the message has its last words
    BATCH_NOT_RUN = "BatchNotRun"  # no run has ended yet
    WORKERS_READY = "WorkersReady"  # every worker of the stream reads with the stable version
    WORKERS_NOT_READY = "WorkersNotReady"  # some have yet to start, to reach a broker, or to take the stable version
    BROKERS_NOT_ALLOWED = "BrokersNotAllowed"  # credentials would go to a broker that the operator does not allow
    STATE_STORE_NOT_ALLOWED = "StateStoreNotAllowed"  # credentials would go to a state store that is not allowed
    NOT_WATCHED = "NotWatched"  # nobody looks: spec.drift is not set, or no labels are kept
    NOT_HEARD = "NotHeard"  # it is to be watched, and no evidence of the version that answers is there
    TOO_LITTLE = "TooLittle"  # too few rows or labels for a verdict; the message says how few
    FEED_GOOD = "FeedGood"  # values that come in are as whole as in training
    FEED_BROKEN = "FeedBroken"  # values are missing, unseen, constant, out of range or of another scale
    NO_HARM = "NoHarm"  # neither labels nor estimates speak against the version that answers
    INPUT_DRIFTED = "InputDrifted"  # what is asked, or the scores, differ from training; that alone is no harm
    ESTIMATED_HARM = "EstimatedHarm"  # by its own calibrated scores it has become worse; labels have yet to say so
    LABELS_WORSE = "LabelsWorse"  # by labels it is worse than the version before, on the same rows
    LABELS_BELOW_BASELINE = "LabelsBelowBaseline"  # by labels it is worse than training had measured
    ODD_POD = "OddPod"  # one pod sees other rows than its peers
    SCHEMA_CHANGED = "SchemaChanged"  # categories that training has not seen come for a week
    MONITOR_BLIND = "MonitorBlind"  # for a day nobody could say anything about the rows that come in
    UPSTREAM_BROKEN = "UpstreamBroken"  # the rows of several ChurnModels broke at the same time
    LABELS_COME = "LabelsCome"  # the newest label is not old
    LABELS_OLD = "LabelsOld"  # no label has come for longer than labels take
    RETRAINING = "Retraining"  # a Job makes a challenger
    CHALLENGER_PASSED_OVER = "ChallengerPassedOver"  # the message says why a newer challenger is not tried
    CHALLENGERS_REJECTED = "ChallengersRejected"  # two challengers in a row were bad; a person has to look


def reason_of(word: str, otherwise: Reason) -> Reason:
    """As somebody wrote it down; another version of the operator may have written one that is unknown here."""
    return next((one for one in Reason if one == word), otherwise)


class Condition(ApiModel):
    """One condition, as Kubernetes defines them."""

    type: Annotated[str, StringConstraints(max_length=63)] = Field(description="Kind of condition.")
    status: Annotated[str, StringConstraints(pattern=r"^(True|False|Unknown)$")] = Field(
        description="True, False or Unknown."
    )
    reason: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]+$", max_length=63)] = Field(
        description="Why, in one word."
    )
    message: Text = Field(description="Why, in a sentence.")
    last_transition_time: Annotated[str, StringConstraints(max_length=40)] = Field(
        description="When the status last changed."
    )
    observed_generation: int = Field(description="The generation of the spec that this is about.")


class ServedRevision(ApiModel):
    """One bundle with one serving configuration."""

    version: Annotated[str, StringConstraints(max_length=20)] = Field(description="Version in MLflow.")
    digest: Annotated[str, StringConstraints(max_length=71)] = Field(description="Digest of its manifest.json.")
    revision: Annotated[str, StringConstraints(max_length=20)] = Field(description="Hash of digest and configuration.")
    since: Annotated[str, StringConstraints(max_length=40)] = Field(description="When it took this role.")
    weight: int | None = Field(
        default=None,
        description="Percent of the requests that it answers, as the pods report; where they differ, the least.",
    )
    reason: Annotated[str, StringConstraints(max_length=63)] | None = Field(
        default=None, description="Why it was rejected."
    )
    message: Text | None = Field(default=None, description="Why it was rejected, in a sentence.")


class LoopStatus(ApiModel):
    """What the evidence says of the version that answers, and what is done about it."""

    health: Annotated[str, StringConstraints(max_length=63)] = Field(
        description="In one word: Healthy, Unknown, or the reason of what is wrong."
    )
    labels: Annotated[str, StringConstraints(max_length=63)] = Field(
        description="How old the newest label is, in days; none where there are none."
    )
    frozen: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        default=None, description="Since when retraining and promotion stand still."
    )
    awaits_approval: Annotated[list[Annotated[str, StringConstraints(max_length=63)]], Field(max_length=8)] = Field(
        default=[], description="Names of actions that wait for spec.loop.approve to name them."
    )
    retraining: Annotated[str, StringConstraints(max_length=63)] | None = Field(
        default=None, description="Name of the Job that makes a challenger now."
    )
    silent: Annotated[list[Annotated[str, StringConstraints(max_length=253)]], Field(max_length=8)] | None = Field(
        default=None,
        description="Pods whose drift sidecar does not answer while others do: what they are asked is missing from the "
        "evidence.",
    )


class SearchStatus(ApiModel):
    """The search for the ensemble of the first version."""

    job: Annotated[str, StringConstraints(max_length=253)] = Field(description="Name of its Job.")
    study: Annotated[str, StringConstraints(max_length=253)] = Field(
        description="Its name in the storage, by which trainings fetch what it has found."
    )
    state: Annotated[str, StringConstraints(max_length=63)] = Field(description="Running, Succeeded or Failed.")
    trials: int | None = Field(
        default=None, description="How many trials are done, as the workers last told MLflow. Absent: not known."
    )
    of: int | None = Field(default=None, description="How many there shall be: spec.training.search.trials.")
    best: float | None = Field(
        default=None,
        description="The best AUC of a trial, on out-of-fold rows: what won may have won by luck, and the ensemble is "
        "chosen on other rows.",
    )


class TrainingStatus(ApiModel):
    """What is done for the first version."""

    search: SearchStatus | None = Field(default=None, description="The search by spec.training.search.")


class BatchRun(ApiModel):
    """One run of spec.batch."""

    run: Annotated[str, StringConstraints(max_length=253)] = Field(
        description="Name of the run: its parts lie in the folder run=NAME of spec.batch.output."
    )
    job: Annotated[str, StringConstraints(max_length=253)] = Field(description="Name of its Job.")
    state: Annotated[str, StringConstraints(max_length=63)] = Field(description="Running, Succeeded or Failed.")
    version: Annotated[str, StringConstraints(max_length=20)] | None = Field(
        default=None, description="Version in MLflow that it scores by."
    )
    digest: Annotated[str, StringConstraints(max_length=71)] | None = Field(
        default=None, description="Digest of that version's manifest.json."
    )
    started: Annotated[str, StringConstraints(max_length=40)] = Field(description="When it began.")
    ended: Annotated[str, StringConstraints(max_length=40)] | None = Field(default=None, description="When it ended.")
    pods: int = Field(description="Into how many parts the table is shared.")
    succeeded: int = Field(description="How many of them are scored.")
    rows: int | None = Field(default=None, description="Rows that it has written, where they are known.")
    message: Text | None = Field(default=None, description="What it waits for, or why it failed.")


class StreamStatus(ApiModel):
    """The workers of spec.stream."""

    version: Annotated[str, StringConstraints(max_length=20)] | None = Field(
        default=None, description="Version in MLflow that they score by, or are rolling to."
    )
    digest: Annotated[str, StringConstraints(max_length=71)] | None = Field(
        default=None, description="Digest of that version's manifest.json."
    )
    replicas: int = Field(description="How many workers there shall be.")
    ready: int = Field(description="How many are ready, of whatever version: their group shares the input among them.")
    updated: int = Field(description="How many of these have that version.")
    message: Text | None = Field(default=None, description="What it waits for, or why workers do not start.")


class Decision(ApiModel):
    """One entry of the history."""

    time: Annotated[str, StringConstraints(max_length=40)] = Field(description="When it was decided.")
    action: Annotated[str, StringConstraints(max_length=63)] = Field(description="What was decided.")
    version: Annotated[str, StringConstraints(max_length=20)] = Field(description="Which version it was about.")
    message: Text = Field(description="Why.")


class ChurnModelStatus(ApiModel):
    """What is true now."""

    observed_generation: int | None = Field(default=None, description="The generation of the spec last acted on.")
    state: Annotated[str, StringConstraints(max_length=63)] | None = Field(
        default=None, description="Where the model is, in one word."
    )
    endpoint: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        default=None, description="Base address for V2 requests inside the cluster."
    )
    stable: ServedRevision | None = Field(default=None, description="The revision that answers users.")
    candidate: ServedRevision | None = Field(default=None, description="The revision that is being rolled out.")
    previous: ServedRevision | None = Field(default=None, description="The stable revision before this one.")
    # Until 0.1 the field was called refused.
    rejected: ServedRevision | None = Field(
        default=None,
        validation_alias=AliasChoices("rejected", "refused"),
        description="The newest revision that turned out bad.",
    )
    rollout: RolloutProgress | None = Field(
        default=None, description="How far the version has come that is tried, in probation, or being left."
    )
    training: TrainingStatus | None = Field(
        default=None, description="How the first version comes about, while Jobs for it are there."
    )
    batch: BatchRun | None = Field(default=None, description="The last run of spec.batch.")
    stream: StreamStatus | None = Field(default=None, description="The workers of spec.stream.")
    loop: LoopStatus | None = Field(
        default=None, description="What the evidence says of the version that answers. Absent where nobody looks."
    )
    conditions: Annotated[list[Condition], Field(max_length=16)] = Field(
        default=[], description="Ready and what it is made of."
    )
    history: Annotated[list[Decision], Field(max_length=10)] = Field(default=[], description="The last decisions.")

"""Everything that was read before deciding, in one frozen value; nothing downstream reads the cluster."""

from dataclasses import dataclass, field

from churn_models.traffic import State

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.api.status import Reason
from churn_operator.audit.memory import Memory
from churn_operator.decide.drift.evidence import DriftEvidence
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.names import Track
from churn_operator.observe.batch import BatchRuns
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.expected import Expected
from churn_operator.observe.pod_answer import PodAnswer
from churn_operator.observe.record import Record, Templates
from churn_operator.observe.search import SearchJob
from churn_operator.observe.sidecar_pod import SidecarPod
from churn_operator.observe.stream import StreamWorkers
from churn_operator.observe.training import TrainingJob


@dataclass(frozen=True)
class Target:
    """The version that the spec asks for, as MLflow and the records have it."""

    version: str
    digest: str
    first_champion: bool
    """It is the challenger of a model without a champion."""
    members: tuple[str, ...] = ()
    """Names of the bundle's members."""
    comparison: Expected | None = None
    """What training measured beside its champion."""


@dataclass(frozen=True)
class TargetProblem:
    """Why there is no target."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Observed:
    """One ChurnModel and its world at one moment."""

    model: ChurnModel
    target: Target | TargetProblem
    records: dict[str, Record]
    """By identifier."""
    deployed: Deployed | None
    members: dict[str, dict[str, Deployed]]
    """Members' Deployments by revision and member."""
    answering: frozenset[str]
    """Revisions of the serving pods that exist, terminating ones too, but not those that have ended."""
    ready_pods: int
    """Ready serving pods of any revision: those that answer users."""
    training: TrainingJob | None
    children: dict[tuple[str, str], Manifest]
    """Live children by kind and name, our own and foreign ones of an expected name."""
    serving_image: str
    now: str
    drift_image: str = ""
    """Of drift sidecars with alibi-detect."""
    labels_url: str | None = None
    """Where pods that keep predictions post them."""
    ledger: dict[str, str] = field(default_factory=dict)
    """Digests by version of records that were pruned."""
    segment: int = 0
    """Number of the audit chain's last ConfigMap; 0: none is known."""
    templates: dict[str, Templates] = field(default_factory=dict)
    """What Deployments run now, by revision."""
    pod_defaults: PodOptions = field(default_factory=PodOptions)
    """What every pod gets where spec.pod says nothing else."""
    credential_hosts: tuple[str, ...] = ()
    """Databases that training may send credentials to."""
    batch: BatchRuns = field(default_factory=BatchRuns)
    stream: StreamWorkers | None = None
    """The workers of spec.stream; None: there is no StatefulSet of them."""
    has_keda: bool = False
    """Whether the cluster has KEDA's ScaledObjects."""
    may_change_image: bool = True
    """Whether it is this ChurnModel's turn to move to another serving image."""
    memory: Memory = field(default_factory=Memory)
    """What the audit chain tells of decisions before."""
    challenger: Target | TargetProblem | None = None
    """What the alias challenger names, where it is this ChurnModel's to try: spec.model follows champion, and
    spec.loop.promote is not Observe. None: it is not, or MLflow has yet to say."""
    alias_writer: tuple[str, str] | None = None
    """Namespace and name of the ChurnModel that writes the aliases of this registered model; None: nobody may yet."""
    pods: tuple[PodAnswer, ...] = ()
    """Serving pods of both tracks, those that do not answer too."""
    sidecars: tuple[SidecarPod, ...] = ()
    """Pods that a drift sidecar counts for: those that answer users, and the workers of the stream."""
    seen: tuple[State, ...] = ()
    """The last word of every process heard since something is tried, of those that are gone too."""
    shadows: tuple[State, ...] = ()
    """The same of the stream's workers: they score by what is tried, too, and answer nothing by it."""
    looked_since: str = ""
    """Since when this operator has looked at what is tried now; empty where nothing is."""
    verifier: Deployed | None = None
    """The Deployment whose one pod verifies a candidate."""
    drift: DriftEvidence | None = None
    """What the sidecars' counts say of the revision that answers; None: nobody looks, or nothing was heard yet."""
    labels: LabelEvidence | None = None
    """What late labels say of it; None: none are kept, or they were not read yet."""
    search: SearchJob | None = None
    """Of the present spec.training; None: nothing is searched, or its Job is gone."""
    retrainings: dict[str, TrainingJob] = field(default_factory=dict)
    """Jobs that evidence asked for, by what asked for them."""
    broken_feeds: tuple[tuple[str, str], ...] = ()
    """Namespaces and names of the other ChurnModels whose rows are broken now."""

    @property
    def stable_pods(self) -> list[PodAnswer]:
        """Those that answer users, of whatever revision."""
        return [pod for pod in self.pods if pod.track is Track.STABLE]

    @property
    def ready_stable_pods(self) -> list[PodAnswer]:
        """Those of them that are ready."""
        return [pod for pod in self.stable_pods if pod.ready]

    def is_deployed(self, record: Record) -> bool:
        """Whether the serving Deployment names this revision."""
        return self.deployed is not None and self.deployed.revision == record.identifier

    @property
    def writes_aliases(self) -> bool:
        """Whether it is this ChurnModel."""
        return self.alias_writer == (self.model.namespace, self.model.name)

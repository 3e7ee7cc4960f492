"""What a verdict has done: frozen actions, each with the revision whose pods shall run after it."""

from dataclasses import dataclass

from churn_operator.audit.entry import Deed
from churn_operator.audit.loop import Occasion
from churn_operator.audit.rollout import Rollout
from churn_operator.observe.record import Record


@dataclass(frozen=True)
class Keep:
    """Leave what runs as it is; None: nothing runs, or nothing is known of it."""

    run: Record | None
    rollout: None = None


@dataclass(frozen=True)
class Search:
    """Search for the ensemble of the first version by a Job; one that exists is left as it is."""

    run: None = None
    rollout: None = None


@dataclass(frozen=True)
class Train:
    """Make the first version by a Job; one that exists is left as it is."""

    run: None = None
    rollout: None = None


@dataclass(frozen=True)
class Try:
    """Roll this revision out by pods of its own."""

    run: Record
    rollout: Rollout | None = None
    """What is tried from now on; None, here and below: as before."""


@dataclass(frozen=True)
class Shift:
    """Take what is tried to another phase or step; nothing is found bad."""

    run: Record | None
    rollout: Rollout
    deed: Deed
    """What is recorded."""
    tried: Record | None = None
    """Where it begins: what is tried beside the pods that run."""


@dataclass(frozen=True)
class Promote:
    """Note that every pod serves this revision: it is the stable one from now on."""

    run: Record
    rollout: Rollout | None = None


@dataclass(frozen=True)
class RollBack:
    """Go back to the stable revision."""

    run: Record
    rollout: Rollout | None = None


@dataclass(frozen=True)
class Reject:
    """Note that a revision is bad, and run another one; its digest may be tried in another configuration."""

    rejected: Record
    run: Record
    rollout: Rollout | None = None


@dataclass(frozen=True)
class Quarantine:
    """Note that a bundle is bad, in whatever configuration, and run another revision."""

    rejected: Record
    run: Record
    rollout: Rollout | None = None


@dataclass(frozen=True)
class Hold:
    """Change nothing that a user decides; a rollout stays where it is."""

    run: Record | None
    stops_rollout: bool
    """Not where the pods are on their way back to the stable revision."""
    rollout: None = None


@dataclass(frozen=True)
class Retrain:
    """Have a Job make a challenger; what runs goes on."""

    run: Record | None
    occasion: Occasion
    rollout: None = None


@dataclass(frozen=True)
class Freeze:
    """Let retraining, promotion and the clock of what is tried stand still."""

    run: Record | None
    occasion: Occasion
    rollout: None = None


@dataclass(frozen=True)
class Thaw:
    """Let them go on."""

    run: Record | None
    rollout: Rollout | None
    """With its clock moved on; None: nothing is tried."""


@dataclass(frozen=True)
class Recall:
    """Try the version before again, because labels say that it is the better one."""

    run: Record | None
    recalled: Record
    occasion: Occasion
    rollout: None = None


@dataclass(frozen=True)
class Tell:
    """Change nothing; a person has to know, and is told once."""

    run: Record | None
    deed: Deed
    occasion: Occasion
    rollout: None = None


Action = (
    Keep
    | Search
    | Train
    | Try
    | Shift
    | Promote
    | RollBack
    | Reject
    | Quarantine
    | Hold
    | Retrain
    | Freeze
    | Thaw
    | Recall
    | Tell
)

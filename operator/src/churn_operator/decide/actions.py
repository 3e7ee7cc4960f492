"""What a verdict has done: frozen actions, each with the revision whose pods shall run after it."""

from dataclasses import dataclass

from churn_operator.observe.record import Record


@dataclass(frozen=True)
class Keep:
    """Leave what runs as it is; None: nothing runs, or nothing is known of it."""

    run: Record | None


@dataclass(frozen=True)
class Train:
    """Make the first version by a Job; one that exists is left as it is."""

    run: None = None


@dataclass(frozen=True)
class Try:
    """Roll this revision out."""

    run: Record


@dataclass(frozen=True)
class Promote:
    """Note that every pod serves this revision: it is the stable one from now on."""

    run: Record


@dataclass(frozen=True)
class RollBack:
    """Go back to the stable revision."""

    run: Record


@dataclass(frozen=True)
class Reject:
    """Note that a revision is bad, and run another one; its digest may be tried in another configuration."""

    rejected: Record
    run: Record


@dataclass(frozen=True)
class Quarantine:
    """Note that a bundle is bad, in whatever configuration, and run another revision."""

    rejected: Record
    run: Record


@dataclass(frozen=True)
class Hold:
    """Change nothing that a user decides; a rollout stays where it is."""

    run: Record | None
    stops_rollout: bool
    """Not where the pods are on their way back to the stable revision."""


Action = Keep | Train | Try | Promote | RollBack | Reject | Quarantine | Hold

"""Records: what is kept of a revision for good, so that it can run again exactly as it ran before.

A record is a ControllerRevision. Its data (bundle, configuration, rendered pod templates) never change; its fate lies
in annotations. It is known by its label, never by a hash computed anew: another version of the operator may hash
differently.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from churn_operator.api.manifest import Manifest
from churn_operator.fingerprint import fingerprint
from churn_operator.observe.configuration import Configuration
from churn_operator.observe.expected import Expected


class Fate(StrEnum):
    """What became of a revision."""

    NEW = "New"  # it has not served completely yet
    SERVED = "Served"  # every pod has served it; the newest of these is the stable one
    FAULTY = "Faulty"  # its pods could not get ready: this revision is not tried again
    QUARANTINED = "Quarantined"  # its bundle is bad: no revision with this digest is tried again


@dataclass(frozen=True)
class Bundle:
    """One registered version, with the digest that it had at first sight."""

    model: str
    version: str
    digest: str
    members: tuple[str, ...] = ()
    """Names of its members; none in records from before they were kept."""
    comparison: Expected | None = None
    """None where training had no champion to compare with, or none that could be compared."""

    def to_data(self) -> dict[str, Any]:
        """As a record keeps it."""
        return self.identity() | ({"comparison": self.comparison.to_data()} if self.comparison else {})

    def identity(self) -> dict[str, Any]:
        """What revisions are named by."""
        data = {"model": self.model, "version": self.version, "digest": self.digest}
        return data | ({"members": list(self.members)} if self.members else {})


@dataclass(frozen=True)
class Templates:
    """Rendered pod templates of one revision."""

    serving: Manifest | None = None
    members: dict[str, Manifest] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """As a record keeps them."""
        return {"serving": self.serving, "members": self.members}


@dataclass(frozen=True)
class Record:
    """One bundle with one configuration."""

    identifier: str
    bundle: Bundle
    configuration: Configuration
    templates: Templates = Templates()
    """What pods were made from; parts are missing where nothing of the revision has been rendered or seen."""
    fate: Fate | None = None
    """None where nobody has written it yet."""
    since: str = ""
    reason: str = ""
    message: str = ""
    retry: str = ""
    """spec.rollout.retry when the fate was decided."""
    data: Manifest | None = None
    """What lies in the cluster, unchanged; None while the record is not written."""
    name: str = ""
    """Of the ControllerRevision; empty while it is not written."""
    created: str = ""

    @property
    def lacks_templates(self) -> bool:
        """Whether v0.1 wrote it, which kept no templates; its image is of v0.1, too."""
        return self.data is not None and "templates" not in self.data

    @property
    def was_rejected(self) -> bool:
        """Whether it was found bad."""
        return self.fate in (Fate.FAULTY, Fate.QUARANTINED)

    def is_of(self, bundle: Bundle, configuration: Configuration) -> bool:
        """Whether this is the record of that bundle in that configuration."""
        mine, other = self.bundle, bundle
        same_bundle = (mine.model, mine.version, mine.digest) == (other.model, other.version, other.digest)
        return same_bundle and self.configuration == configuration


def identify(bundle: Bundle, configuration: Configuration) -> str:
    """The name of a revision that has no record yet."""
    return fingerprint(bundle.identity() | configuration.to_data())

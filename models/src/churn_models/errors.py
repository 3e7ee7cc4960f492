"""Every error that a user of this distribution can meet, and the exit code of a container that ends with it.

ChurnModelsError
├── SpecError          an ensemble.yaml or schema.yaml that says something impossible
├── EncodingError      values that no encoding of the schema fits
├── OutputUnknown      something was asked for that the ensemble does not answer
├── DataError
│   ├── DataUnreadable the source of a table cannot be opened
│   │   └── DataUnavailable, DataUnwritable
│   └── DataInvalid    rows that break the schema
├── BundleError        a bundle that must not be used
│   ├── ManifestInvalid
│   │   └── FormatOutdated
│   ├── FileUnlisted, FileMissing, FileAltered, PathUnsafe
│   ├── FormatForbidden, FileInvalid, TypeUntrusted, MemberUnreadable
│   └── GoldenMismatch, ScoresInvalid
└── RegistryError      what MLflow answered, or did not
    ├── RegistryUnreachable, RegistryAnswerInvalid
    ├── RegistryUnauthorized, RegistryForbidden
    └── VersionNotFound
"""

from collections.abc import Sequence

from churn_models.exit_code import ExitCode
from churn_models.violation import Violation


class ChurnModelsError(Exception):
    """Base of all errors here; its text is meant for the user."""

    exit_code = ExitCode.FAILED


class SpecError(ChurnModelsError):
    """An ensemble or a schema that cannot be built."""


class EncodingError(ChurnModelsError):
    """Values that cannot be encoded; the client's fault, not the server's."""


class OutputUnknown(ChurnModelsError):
    """An output that there is not; the client's fault, not the server's. No other attempt finds one."""

    exit_code = ExitCode.DATA_FAULT


class DataError(ChurnModelsError):
    """A table of customers that cannot be taken."""

    exit_code = ExitCode.DATA_FAULT


class DataUnreadable(DataError):
    """The data source cannot be opened or is not what its name says."""


class DataUnavailable(DataUnreadable):
    """A database that does not answer now, or has ended what it was asked; another attempt may succeed."""

    exit_code = ExitCode.FAILED


class DataUnwritable(DataUnreadable):
    """The place for a table cannot take it now; another attempt may succeed."""

    exit_code = ExitCode.FAILED


class DataInvalid(DataError):
    """The data set breaks its schema; carries every violation, and in words what was found instead."""

    def __init__(self, violations: Sequence[Violation], found: str = "") -> None:
        self.violations = tuple(violations)
        lines = [f"  - {line}" for line in [*map(str, violations), *([found] if found else [])]]
        super().__init__("\n".join(["the data set was refused:", *lines]))


class BundleError(ChurnModelsError):
    """A bundle that must not be used."""

    exit_code = ExitCode.BUNDLE_FAULT


class ManifestInvalid(BundleError):
    """manifest.json is missing, not readable, or not the one whose digest was asked for."""


class FormatOutdated(ManifestInvalid):
    """A bundle that an older ChurnServe wrote; the model has to be trained again."""


class FileUnlisted(BundleError):
    """A file that the manifest does not list."""


class FileMissing(BundleError):
    """A listed file that is not there."""


class FileAltered(BundleError):
    """A file whose size or digest differs from the manifest."""


class PathUnsafe(BundleError):
    """A path that leaves the bundle, or a link instead of a file."""


class FormatForbidden(BundleError):
    """A file whose name or content is not one of the safe formats."""


class FileInvalid(BundleError):
    """A listed file that does not hold what its name says."""


class TypeUntrusted(BundleError):
    """A skops file that names a type outside the explicit list."""


class MemberUnreadable(BundleError):
    """A member's file that its library cannot read, or would read amiss."""


class GoldenMismatch(BundleError):
    """Golden rows that score differently here than in training."""


class ScoresInvalid(BundleError):
    """A member whose scores of usual customers are no probabilities."""


class RegistryError(ChurnModelsError):
    """MLflow did not give what was asked for: a request denied, or an answer that is none of MLflow's."""

    exit_code = ExitCode.UNAVAILABLE


class RegistryUnreachable(RegistryError):
    """MLflow did not answer, or said that it cannot now; also when its address is none."""


class RegistryAnswerInvalid(RegistryError):
    """What answered is not MLflow: a proxy's page, a login, or JSON of another build."""


class RegistryUnauthorized(RegistryError):
    """MLflow, or a proxy before it, wants other credentials."""


class RegistryForbidden(RegistryError):
    """The credentials are known and may not do this."""


class VersionNotFound(RegistryError):
    """No such model, alias or version."""

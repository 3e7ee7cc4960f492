"""Why a table is not held.

CandidateError
├── TableUnavailable  no source gave it
├── TableInvalid      bytes that are no table, or another one
└── SchemaDiffers     rows are encoded otherwise for it
"""

from churn_models.errors import ChurnModelsError


class CandidateError(ChurnModelsError):
    """Base; its text is meant for the operator's status."""


class TableUnavailable(CandidateError):
    """No source gave the file; it may be there later."""


class TableInvalid(CandidateError):
    """Bytes that are no table, or not the wanted one."""


class SchemaDiffers(CandidateError):
    """A table of a bundle that encodes customers otherwise than this server does."""

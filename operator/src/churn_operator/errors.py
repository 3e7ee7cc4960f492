"""What can go wrong between the operator and the API server.

ClusterError
├── NotFound      the object is not there
├── Conflict      it changed meanwhile, or exists already
├── Denied        by admission, a quota or for want of a right; the text is the server's
│   └── Forbidden a right of the operator itself is missing
└── Unreachable   no answer, or the server is overloaded; try again later
"""


class ClusterError(Exception):
    """Base of all errors here."""


class NotFound(ClusterError):
    """The object is not there."""


class Conflict(ClusterError):
    """The object changed meanwhile, or exists already."""


class Denied(ClusterError):
    """The API server said no, and would say it again."""


class Forbidden(Denied):
    """A right of the operator itself is missing; the text names verb and resource."""


class Unreachable(ClusterError):
    """The API server did not answer, or asked to come back later."""

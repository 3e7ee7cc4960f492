"""What can go wrong between the operator and the API server.

ClusterError
├── NotFound      the object is not there
├── Conflict      it changed meanwhile, or exists already
├── Refused       admission, quota or a right that is missing; the text is the server's
└── Unreachable   no answer, or the server is overloaded; try again later
"""


class ClusterError(Exception):
    """Base of all errors here."""


class NotFound(ClusterError):
    """The object is not there."""


class Conflict(ClusterError):
    """The object changed meanwhile, or exists already."""


class Refused(ClusterError):
    """The API server said no, and would say it again."""


class Unreachable(ClusterError):
    """The API server did not answer, or asked to come back later."""

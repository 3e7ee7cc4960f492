"""Why a member, or too many of them, gave no answer. Always the server's fault, never the client's.

FanOutError
├── MemberFailed         one call
├── QuorumMissing        a whole request
└── MembersUnreachable   a server's start; the operator reads its exit code
"""

from collections.abc import Mapping
from enum import StrEnum

from churn_models.errors import ChurnModelsError
from churn_models.exit_code import ExitCode


class FailureReason(StrEnum):
    """Why one call failed; also the label of its metric."""

    DEADLINE = "deadline"  # no answer in time
    UNREACHABLE = "unreachable"  # no connection, or it broke
    OTHER_BUNDLE = "other_bundle"  # the pod serves another model, or another version of it
    REFUSED = "refused"  # the member took our request for a client's mistake
    FAILED = "failed"  # the member said that it cannot
    INVALID = "invalid"  # an answer that is no P(churn) of these rows


class FanOutError(ChurnModelsError):
    """Base of all errors here."""


class MemberFailed(FanOutError):
    """One member gave no answer to one call."""

    def __init__(self, member: str, reason: FailureReason, detail: str) -> None:
        super().__init__(f"{member}: {reason} ({detail})")
        self.member = member
        self.reason = reason


class QuorumMissing(FanOutError):
    """Fewer members answered than must."""

    def __init__(self, fewest: int, members: int, failures: Mapping[str, FailureReason]) -> None:
        failed = ", ".join(f"{name} ({reason})" for name, reason in failures.items())
        super().__init__(f"{members - len(failures)} of {members} members answered, {fewest} must; missing: {failed}")


class MembersUnreachable(FanOutError):
    """No quorum of members answered while the server started; it is started again."""

    exit_code = ExitCode.UNAVAILABLE

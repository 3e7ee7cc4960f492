"""W3C Trace Context: a request's `traceparent` comes back with its answer, and the log names it.

Called by REST and gRPC alike. A request without one, or with one that is malformed, costs a comparison and is
answered as any other.
"""

import logging
import re

TRACEPARENT = "traceparent"

# Version 00's form; https://www.w3.org/TR/trace-context/#traceparent-header. Later versions may be longer.
_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_LENGTH = 55
_SAMPLED = 1

logger = logging.getLogger(__name__)


def read_traceparent(value: str) -> str | None:
    """What is echoed: the header as far as version 00 knows it, or None for a malformed one."""
    return value[:_LENGTH] if _FORM.fullmatch(value) else None


def log_traced(traceparent: str, request: str, code: str) -> None:
    """Name the trace in the log where its caller records it (the flag `sampled`)."""
    if int(traceparent[-1], 16) & _SAMPLED:
        logger.info("trace %s: %s %s", traceparent, request, code)

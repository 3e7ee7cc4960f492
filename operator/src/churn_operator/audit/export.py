"""Chains as JSON Lines for `audit export`, and back for `audit verify --file`: kept where nobody here can change it."""

import json
from collections.abc import Iterable, Iterator, Mapping

from churn_operator.audit.chain import canonical
from churn_operator.audit.verify import Segment
from churn_operator.names import audit_segment_of

Chains = dict[str, list[Segment]]
"""Segments in order, by the uid of the ChurnModel."""


class UnreadableExport(Exception):
    """A line that `to_lines` has not written."""


def chains_of(data: Mapping[str, Mapping[str, str]]) -> Chains:
    """From what each ConfigMap holds, by its name."""
    chains: Chains = {}
    for name in sorted(data, key=audit_segment_of):
        chains.setdefault(audit_segment_of(name)[0], []).append(Segment(name, data[name]))
    return chains


def to_lines(chains: Chains) -> Iterator[str]:
    """One line for each record, as it lies in the cluster, broken or not."""
    for segment in (segment for segments in chains.values() for segment in segments):
        for key in sorted(segment.data):
            yield canonical({"segment": segment.name, "key": key} | _content(segment.data[key]))


def from_lines(lines: Iterable[str]) -> Chains:
    """What `to_lines` was given. Raises UnreadableExport naming the line."""
    data: dict[str, dict[str, str]] = {}
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            segment, key = str(told["segment"]), str(told["key"])
            text = told["text"] if "text" in told else canonical(told["record"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UnreadableExport(f"line {number} is none of an export") from None
        if key in data.setdefault(segment, {}):
            raise UnreadableExport(f"line {number}: {key} of {segment} is there twice")
        data[segment][key] = str(text)
    return chains_of(data)


def _content(text: str) -> dict[str, object]:
    """Readable where that loses nothing."""
    try:
        record = json.loads(text)
        return {"record": record} if canonical(record) == text else {"text": text}
    except (ValueError, RecursionError):
        return {"text": text}

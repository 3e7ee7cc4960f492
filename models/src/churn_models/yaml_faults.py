"""What is wrong with a document that a person wrote, in that person's words: where, what stands there, what to do.

`frozen_model.YamlModel` calls it. pydantic knows positions and types only; the text itself tells line, name and the
word as written, which YAML may have read as something else: `no` as false, `408` as a number.
"""

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError

_READ_AS = {"bool": "a truth value", "int": "a number", "float": "a number", "null": "nothing", "timestamp": "a date"}
_WORDS = {"missing": "the key is missing", "extra_forbidden": "no such key; look for a typing error"}


def faults_in_words(error: ValidationError, text: str) -> str:
    """One phrase per fault, those left out that only follow from another."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = error.errors(include_url=False, include_context=False)
    places = [fault["loc"] for fault in found]
    return "; ".join(
        _in_words(fault["type"], fault["loc"], fault["msg"], root)
        for fault in found
        if not any(fault["loc"] == place[: len(fault["loc"])] and fault["loc"] != place for place in places)
    )


def _in_words(kind: str, place: Sequence[str | int], message: str, root: yaml.Node | None) -> str:
    names, node = _follow(place, root)
    where = ": ".join(names) or "document"
    line = f" (line {node.start_mark.line + 1})" if node is not None and names else ""
    if kind == "string_type" and isinstance(node, yaml.ScalarNode):
        read = _READ_AS.get(node.tag.rpartition(":")[2], "something else")
        return f'{where}: YAML reads {node.value or "null"} as {read}; write "{node.value or "null"}"{line}'
    return f"{where}: {_WORDS.get(kind, message.removeprefix('Value error, '))}{line}"


def _follow(place: Sequence[str | int], root: yaml.Node | None) -> tuple[list[str], yaml.Node | None]:
    """Names on the way to the fault, and the node nearest to it. Parts that pydantic adds itself are left out."""
    names: list[str] = []
    node = root
    for number, part in enumerate(place):
        found = _child(node, part)
        if found is not None:
            node = found
        if isinstance(part, str) and (found is not None or number == len(place) - 1):
            names.append(part)
        elif isinstance(part, int) and (name := _child(found, "name")) is not None:
            names.append(str(name.value))
    return names, node


def _child(node: yaml.Node | None, part: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None

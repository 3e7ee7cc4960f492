"""schema.yaml as text, with a comment wherever a person should look."""

import json
import re

import yaml
from churn_models.feature_schema import CategoricalFeature, Feature
from churn_models.numeric_feature import NumericFeature, Range

from churn_training.init.guess_kinds import FeatureGuess
from churn_training.init.plan import Plan

_PLAIN = re.compile(r"[A-Za-z][\w.]*( [\w.]+)*")
_WIDTH = 110


def schema_text(plan: Plan, source: str) -> str:
    """The whole file. `source` is the data set's name, without address and password."""
    lines = [
        f"# Made by `init` from {source} ({plan.rows} rows). What every key means: training/ENSEMBLES.md.",
        "# Each guess is told with its reason; look at the lines marked with LOOK.",
        "",
        *_around(plan),
        "features:",
        *(line for guess in plan.features for line in _feature(guess)),
        *_left_out(plan),
    ]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """The text as YAML reads it back as text: quoted unless it is a plain word."""
    return text if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text else json.dumps(text, ensure_ascii=False)


def _around(plan: Plan) -> list[str]:
    target = plan.target
    lines = []
    if plan.identity.name:
        lines += [*_comment(plan.identity.reason), f"identity: {scalar(plan.identity.name)}"]
    else:
        lines += _comment(f"identity: none; {plan.identity.reason}")
    if plan.time.name:
        lines += [*_comment(plan.time.reason), *_look(plan.time.doubts), f"time: {scalar(plan.time.name)}"]
        lines += ["# label_delay: 30d"]
    else:
        lines += _comment(f"time: none; {plan.time.reason}")
    share = target.positive_rows / (target.positive_rows + target.negative_rows)
    words = [f"name: {scalar(target.name)}"]
    words += [f"positive: {_words(target.positive)}", f"negative: {_words(target.negative)}"]
    if target.ignore:
        words.append(f"ignore: {_words(target.ignore)}")
    lines += [*_comment(f"{target.reason}; {share:.1%} of the customers"), *_look(target.doubts)]
    return [*lines, f"target: {{{', '.join(words)}}}"]


def _feature(guess: FeatureGuess) -> list[str]:
    return [*_look(guess.doubts, indent="  "), *_entry(guess.feature)]


def _entry(feature: Feature) -> list[str]:
    head = f"kind: {feature.kind}, name: {scalar(feature.name)}" + (", nullable: true" if feature.nullable else "")
    if isinstance(feature, NumericFeature):
        allowed = f", allowed: {_range(feature.allowed)}" if feature.allowed else ""
        seen = f"  # seen {feature.seen.low:g} to {feature.seen.high:g}" if feature.seen else ""
        return [f"  - {{{head}{allowed}}}{seen}"]
    return _categorical(feature, head)


def _categorical(feature: CategoricalFeature, head: str) -> list[str]:
    words = [_quoted(word) for word in feature.categories]
    line = f"  - {{{head}, categories: [{', '.join(words)}]}}"
    if len(line) <= _WIDTH:
        return [line]
    lines = [f"  - {{{head}, categories: ["]
    for word in words:
        if len(lines) == 1 or len(lines[-1]) + len(word) > _WIDTH:
            lines.append("      ")
        lines[-1] += f"{word}, "
    return [*(line.rstrip() for line in lines), "    ]}"]


def _left_out(plan: Plan) -> list[str]:
    if not plan.left_out:
        return []
    lines = ["", "# Columns that are no features; to use one nevertheless, add a line for it above."]
    return lines + [line for name, why in plan.left_out.items() for line in _comment(f"{scalar(name)}: {why}", "#   ")]


def _range(bounds: Range) -> str:
    return f"{{low: {_number(bounds.low)}, high: {_number(bounds.high)}}}"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def _words(words: tuple[str, ...]) -> str:
    """One word, or a list of words that mean the same."""
    return _quoted(words[0]) if len(words) == 1 else f"[{', '.join(map(_quoted, words))}]"


def _comment(text: str, start: str = "# ") -> list[str]:
    return [start + " ".join(text.split())]


def _look(doubts: tuple[str, ...], indent: str = "") -> list[str]:
    return [line for doubt in doubts for line in _comment(doubt, f"{indent}# LOOK: ")]

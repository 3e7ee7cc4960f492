"""What `init` says aloud: every guess with its reason, and the command that comes next."""

from churn_models.numeric_feature import NumericFeature

from churn_training.init.plan import Plan


def report_lines(plan: Plan) -> list[str]:
    """One line per guess."""
    target = plan.target
    counted = (
        f"{_words(target.positive)} ({target.positive_rows} rows) against "
        f"{_words(target.negative)} ({target.negative_rows})"
    )
    numeric = sum(isinstance(guess.feature, NumericFeature) for guess in plan.features)
    lines = [
        _line("target", f"{target.name}: {target.reason}"),
        _line("", f"P(churn) is the probability of {counted}"),
        _line("identity", f"{plan.identity.name or 'none'}: {plan.identity.reason}"),
        _line("time", f"{plan.time.name or 'none'}: {plan.time.reason}"),
        _line("features", f"{len(plan.features)}: {numeric} numeric, {len(plan.features) - numeric} categorical"),
    ]
    lines += [_line("left out", f"{name}: {reason}") for name, reason in plan.left_out.items()]
    doubts = [(column, doubt) for column, found in _doubts(plan) for doubt in found]
    return lines + [_line("look at", f"{name}: {doubt}") for name, doubt in doubts]


def _doubts(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (plan.target.name, plan.target.doubts),
        (plan.time.name or "time", plan.time.doubts),
        *((guess.feature.name, guess.doubts) for guess in plan.features),
    ]


def _line(head: str, text: str) -> str:
    return f"  {head:<9} {text}"


def _words(words: tuple[str, ...]) -> str:
    return " or ".join(map(repr, words))

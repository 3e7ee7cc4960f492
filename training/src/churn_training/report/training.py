"""How the ensemble was made, so that it can be made again."""

import json

from churn_models.ensemble_spec import EnsembleSpec

from churn_training.report.facts import Facts
from churn_training.report.page import Block, Section, Table
from churn_training.report.words import count
from churn_training.split import SplitBy, SplitRule

_BY = {
    SplitBy.TIME: "by time: the newest rows judge",
    SplitBy.IDENTITY: "by a hash of the customer's identity",
    SplitBy.CONTENT: "by a hash of the row's content",
}


def training_section(facts: Facts) -> Section:
    """Digests, seed, split, versions, parameters."""
    blocks: list[Block] = [_origin(facts), _libraries(facts)]
    if facts.spec:
        blocks.append(_parameters(facts.spec))
        lead = "The same data, ensemble, seed and versions give the same training id and the same scores."
    else:
        lead = "The members' parameters are in ensemble.yaml, which is not in the bundle: name it by --ensemble."
    return Section("training", "How it was trained", lead, tuple(blocks))


def _origin(facts: Facts) -> Table:
    origin, judged = facts.origin, facts.evaluation
    rows = {
        "model": origin.model,
        "digest of the bundle": origin.digest or "none: it was not registered",
        "training id": origin.training_id,
        "data set": origin.dataset.name,
        "digest of the data": origin.dataset.sha256,
        "seed": str(judged.seed),
        "split": _split(judged.split),
        "rows fitted on": count(judged.train_rows),
        "rows that judge": count(judged.holdout_rows),
        "rows used for nothing": count(judged.waiting_rows),
        "combine rule": f"{origin.combine}",
        "threshold": f"{origin.threshold:.6g}",
    }
    return Table("Training", ("what", "value"), tuple(rows.items()))


def _split(rule: SplitRule) -> str:
    cut = "" if rule.cut is None else f", from {rule.cut:.15g} on (seconds since 1970, or the column's number)"
    return f"{_BY[rule.by]}, a share of {rule.holdout:g}{cut}"


def _libraries(facts: Facts) -> Table:
    return Table("Versions of what computes the scores", ("library", "version"), tuple(facts.origin.libraries.items()))


def _parameters(spec: EnsembleSpec) -> Table:
    rows = tuple(
        (
            member.name,
            f"{member.kind}",
            json.dumps(member.parameters, ensure_ascii=False) if member.parameters else "the library's own",
        )
        for member in spec.members
    )
    return Table("Parameters of the members", ("member", "kind", "parameters"), rows)

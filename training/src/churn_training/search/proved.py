"""What is to be chosen from: candidates with their AUC on each fold of the proof, whichever way they were proved."""

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from churn_training.progress import note, step
from churn_training.search.candidates import GREEDY, Named, candidates, procedures
from churn_training.search.choose import AS_WRITTEN
from churn_training.search.fold_scores import FoldScores
from churn_training.search.proof import fold_auc, proof_aucs
from churn_training.search.search_time import OutOfTime
from churn_training.search.space import Space

_FIRST = {GREEDY: 0, AS_WRITTEN: 1}


@dataclass(frozen=True)
class Proved:
    """An ensemble that was found on all rows to search on, and what each fold of the proof says of it."""

    named: Named
    aucs: tuple[float, ...]


@dataclass(frozen=True)
class Proofs:
    """Of as many candidates as there was time for; `left_out` are the others' names."""

    proved: list[Proved]
    left_out: tuple[str, ...] = ()


def prove_candidates(space: Space, trials: Sequence[FrozenTrial], searched: FoldScores, proof: FoldScores) -> Proofs:
    """On the rows of `proof`, whose schema is the one that was written. Raises SpecError."""
    with step("candidates of the best trials"):
        found = candidates(space, proof.rows.data.schema, trials, searched)
    aucs: dict[str, tuple[float, ...]] = {}
    # Where the time is short, what matters most has been compared.
    for one in sorted(found, key=lambda named: _FIRST.get(named.name, len(_FIRST))):
        with step(f"prove {one.name}"):
            if compared := _aucs(one, searched, proof.with_schema(one.schema)):
                aucs[one.name] = compared
            else:
                note("there is no time left for it")
    proved = [Proved(one, aucs[one.name]) for one in found if one.name in aucs]
    return Proofs(proved, tuple(one.name for one in found if one.name not in aucs))


def _aucs(one: Named, searched: FoldScores, proof: FoldScores) -> tuple[float, ...] | None:
    """None where there is no time for its fits."""
    if proof.missing_seconds(one.spec.members) > max(0.0, proof.time.left):
        return None
    try:
        return proof_aucs(one.spec, searched.with_schema(one.schema), proof)
    except OutOfTime:
        return None


@dataclass(frozen=True)
class InnerSearch:
    """The trials of a search inside one fold of the proof, and their scores."""

    trials: Sequence[FrozenTrial]
    scores: FoldScores


def prove_procedures(
    space: Space, trials: Sequence[FrozenTrial], searched: FoldScores, inner: Sequence[InnerSearch], proof: FoldScores
) -> Proofs:
    """Nested: `inner` are the searches inside the folds of the proof, one of each. Raises SpecError.

    What a procedure makes of the search inside a fold is scored on the rows that this fold leaves out (Varma and Simon,
    Bias in error estimation when using cross-validation for model selection, 2006); what it makes of the search on all
    rows is the ensemble that may win. The schema of `proof` is the one that was written.
    """
    written = proof.rows.data.schema
    with step("what each procedure makes of each search"):
        offered = procedures(space, written, trials, searched)
        made = [{named.name: named for named in procedures(space, written, one.trials, one.scores)} for one in inner]
    aucs: dict[str, tuple[float, ...]] = {}
    for named in sorted(offered, key=lambda one: _FIRST.get(one.name, len(_FIRST))):
        with step(f"prove {named.name}"):
            try:
                aucs[named.name] = tuple(
                    _fold_auc(found[named.name], one.scores, proof, fold)
                    for fold, (one, found) in enumerate(zip(inner, made, strict=True))
                )
            except OutOfTime:
                note("there is no time left for it")
    proved = [Proved(named, aucs[named.name]) for named in offered if named.name in aucs]
    return Proofs(proved, tuple(named.name for named in offered if named.name not in aucs))


def _fold_auc(named: Named, searched: FoldScores, proof: FoldScores, fold: int) -> float:
    return fold_auc(named.spec, searched.with_schema(named.schema), proof.with_schema(named.schema), fold)

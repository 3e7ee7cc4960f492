"""What is to be chosen from: candidates with their AUC on each fold of the proof, whichever way they were proved."""

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from churn_training.progress import step
from churn_training.search.candidates import Named, candidates, procedures
from churn_training.search.fold_scores import FoldScores
from churn_training.search.proof import fold_auc, proof_aucs
from churn_training.search.space import Space


@dataclass(frozen=True)
class Proved:
    """An ensemble that was found on all rows to search on, and what each fold of the proof says of it."""

    named: Named
    aucs: tuple[float, ...]


def prove_candidates(
    space: Space, trials: Sequence[FrozenTrial], searched: FoldScores, proof: FoldScores
) -> list[Proved]:
    """On rows that no trial has seen; the schema of `proof` is the one that was written. Raises SpecError."""
    with step("candidates of the best trials"):
        found = candidates(space, proof.rows.data.schema, trials, searched)
    proved = []
    for one in found:
        with step(f"prove {one.name}"):
            aucs = proof_aucs(one.spec, searched.with_schema(one.schema), proof.with_schema(one.schema))
            proved.append(Proved(one, aucs))
    return proved


@dataclass(frozen=True)
class InnerSearch:
    """The trials of a search inside one fold of the proof, and their scores."""

    trials: Sequence[FrozenTrial]
    scores: FoldScores


def prove_procedures(
    space: Space, trials: Sequence[FrozenTrial], searched: FoldScores, inner: Sequence[InnerSearch], proof: FoldScores
) -> list[Proved]:
    """Nested: `inner` are the searches inside the folds of the proof, one of each. Raises SpecError.

    What a procedure makes of the search inside a fold is scored on the rows that this fold leaves out (Varma and Simon,
    Bias in error estimation when using cross-validation for model selection, 2006); what it makes of the search on all
    rows is the ensemble that may win. The schema of `proof` is the one that was written.
    """
    written = proof.rows.data.schema
    folds: list[dict[str, float]] = []
    for fold, one in enumerate(inner):
        with step(f"prove what was found in fold {fold + 1} of {len(inner)}"):
            found = procedures(space, written, one.trials, one.scores)
            folds.append({named.name: _fold_auc(named, one.scores, proof, fold) for named in found})
    with step("the same procedures on all rows"):
        offered = procedures(space, written, trials, searched)
    return [Proved(named, tuple(aucs[named.name] for aucs in folds)) for named in offered]


def _fold_auc(named: Named, searched: FoldScores, proof: FoldScores, fold: int) -> float:
    return fold_auc(named.spec, searched.with_schema(named.schema), proof.with_schema(named.schema), fold)

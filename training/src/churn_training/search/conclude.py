"""The end of a search, read top to bottom: candidates, their proof, the choice, and what is written of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.scoring.row_cost import offered_row_cost
from optuna.trial import FrozenTrial, TrialState

from churn_training.errors import SearchImpossible
from churn_training.progress import say, step
from churn_training.search.candidates import Named
from churn_training.search.choose import Candidate, Choice, Folds, choose
from churn_training.search.corrected_t_test import expected_range
from churn_training.search.features.choose_features import ChosenFeatures
from churn_training.search.fold_scores import FoldScores
from churn_training.search.leaderboard import leaderboard, write_report
from churn_training.search.learning_curve import learning_curve
from churn_training.search.page.facts import RowCounts, SearchFacts
from churn_training.search.page.write_page import write_search_page
from churn_training.search.proof import Costs
from churn_training.search.proof_rows import Parts, unproved
from churn_training.search.proved import InnerSearch, Proofs, Proved, prove_candidates, prove_procedures
from churn_training.search.search_time import SearchTime
from churn_training.search.space import Space
from churn_training.search.trial_runs import TrialRuns
from churn_training.search.what_is_left import after_proof
from churn_training.search.write_found import write_found, write_schema


@dataclass(frozen=True)
class Searched:
    """A study and the rows that it was made on; `judging` is how many are not looked at."""

    study: str
    space: Space
    trials: list[FrozenTrial]
    parts: Parts
    judging: int
    scores: Path
    """The folder of members' scores."""
    time: SearchTime = field(default_factory=SearchTime)
    inner: Sequence[InnerSearch] = ()
    """Of a nested search, one of each fold of the proof."""
    features: ChosenFeatures | None = None
    """What was added to the schema of the rows that trials saw, where that was asked for."""

    @property
    def searched(self) -> FoldScores:
        """On the rows that trials saw."""
        return FoldScores(self.parts.search, self.scores, self.time)

    @property
    def proof(self) -> FoldScores:
        """On the rows that prove, with the features as written."""
        return FoldScores(self.parts.proof, self.scores, self.time)


def conclude(searched: Searched, ensemble: Path, output: Path, runs: TrialRuns) -> EnsembleSpec:
    """Write the winner, the figures and the page to the output. Raises SearchImpossible, SpecError."""
    _check_trials(searched)
    proofs, parts = _proved(searched)
    proved = _could_win(proofs.proved, parts, searched.space.written.search.tolerance)
    measured = _priced(proved, searched)
    folds, tolerance = Folds(parts.test_to_train, parts.proves), searched.space.written.search.tolerance
    choice = replace(choose(measured, folds, tolerance), left_out=proofs.left_out)
    won = next(one for one in measured if one.name == choice.winner)
    found = next(one.named for one in proved if one.named.name == choice.winner)
    expected = expected_range(won.aucs, folds.test_to_train, parts.fold_to_judged(searched.judging))
    _say_choice(measured, choice, expected)
    write_found(found.spec, ensemble, output, choice.why)
    if found.schema != searched.proof.rows.data.schema and searched.features:
        write_schema(found.schema, output, [one.sentence for one in searched.features.kept])
    write_report(output, measured, choice, expected)
    runs.end(choice.winner, choice.why, _page(searched, measured, choice, expected, found, output))
    return found.spec


def _check_trials(searched: Searched) -> None:
    for trials in (searched.trials, *(one.trials for one in searched.inner)):
        if not any(trial.state is TrialState.COMPLETE for trial in trials):
            raise SearchImpossible("no trial was finished: give it more --trials or --hours")


def _proved(searched: Searched) -> tuple[Proofs, Parts]:
    """What could be compared, and on which rows: those of the trials where there was no time for any proof."""
    space, trials = searched.space, searched.trials
    with searched.time.part(after_proof(space, searched.parts)):
        if searched.inner:
            proofs = prove_procedures(space, trials, searched.searched, searched.inner, searched.proof)
        else:
            proofs = prove_candidates(space, trials, searched.searched, searched.proof)
    if proofs.proved:
        return proofs, searched.parts
    say("  there is no time for a proof: the trials' own figures, which flatter the best one, have to do")
    parts = unproved(searched.parts.search)
    return prove_candidates(space, trials, searched.searched, FoldScores(parts.proof, searched.scores, _over())), parts


def _over() -> SearchTime:
    """Nothing is fitted any more: what trials have scored is read."""
    return SearchTime(0.0)


def _could_win(proved: list[Proved], parts: Parts, tolerance: float) -> list[Proved]:
    """Without a proof the others need no price: what is read of them is the line of their trial."""
    if parts.proves:
        return proved
    best = max(float(np.mean(one.aucs)) for one in proved)
    return [one for one in proved if np.mean(one.aucs) >= best - tolerance]


def _priced(proved: list[Proved], searched: Searched) -> list[Candidate]:
    with TemporaryDirectory() as folder, step("measure what each costs to serve"):
        costs = Costs(searched.parts.proof, Path(folder), offered_row_cost())
        return [Candidate(one.named.name, one.aucs, costs.of(one.named.spec, one.named.schema)) for one in proved]


def _say_choice(measured: list[Candidate], choice: Choice, expected: tuple[float, float]) -> None:
    for line in leaderboard(measured, choice):
        say(f"  {line}")
    say(f"  {choice.why}")
    unproved = "" if choice.folds.proves else ", or less, as nothing is proved"
    low, high = expected
    say(f"  on the rows that judge, expect an AUC from {low:.3f} to {high:.3f}{unproved}")


def _page(
    searched: Searched,
    measured: list[Candidate],
    choice: Choice,
    expected: tuple[float, float],
    found: Named,
    output: Path,
) -> Path | None:
    """For people: without it the search has found the same."""
    rows = searched.parts.search
    try:
        with step("write the report"):
            trials, proof = searched.searched.with_schema(found.schema), searched.proof.with_schema(found.schema)
            # Most are there already, and the page must not fail for want of time.
            known = replace(trials, time=SearchTime())
            members = [known.members(found.spec.members, fold) for fold in range(len(rows.folds))]
            facts = SearchFacts(
                study=searched.study,
                rows=RowCounts(len(rows.data.target), searched.parts.proving, searched.judging),
                inner_searches=len(searched.inner),
                trials=searched.trials,
                candidates=measured,
                choice=choice,
                expected=expected,
                winner=found.spec,
                learning=learning_curve(found.spec, trials, proof),
                members=np.concatenate(members),
                features=searched.features,
            )
            return write_search_page(facts, output)
    except Exception as error:  # of drawing and writing, whatever it is
        say(f"  there is no report: {type(error).__name__}: {error}")
        return None

"""The end of a search, read top to bottom: candidates, their proof, the choice, and what is written of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.scoring.row_cost import offered_row_cost
from optuna.trial import FrozenTrial, TrialState

from churn_training.errors import SearchImpossible
from churn_training.progress import say, step
from churn_training.search.candidates import Named
from churn_training.search.choose import Candidate, Choice, choose
from churn_training.search.corrected_t_test import expected_range
from churn_training.search.features.choose_features import ChosenFeatures
from churn_training.search.fold_scores import FoldScores
from churn_training.search.leaderboard import leaderboard, write_report
from churn_training.search.learning_curve import learning_curve
from churn_training.search.page.facts import RowCounts, SearchFacts
from churn_training.search.page.write_page import write_search_page
from churn_training.search.proof import Costs
from churn_training.search.proof_rows import Parts
from churn_training.search.proved import InnerSearch, Proved, prove_candidates, prove_procedures
from churn_training.search.space import Space
from churn_training.search.trial_runs import TrialRuns
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
    inner: Sequence[InnerSearch] = ()
    """Of a nested search, one of each fold of the proof."""
    features: ChosenFeatures | None = None
    """What was added to the schema of the rows that trials saw, where that was asked for."""

    @property
    def searched(self) -> FoldScores:
        """On the rows that trials saw."""
        return FoldScores(self.parts.search, self.scores)

    @property
    def proof(self) -> FoldScores:
        """On the rows that prove, with the features as written."""
        return FoldScores(self.parts.proof, self.scores)


def conclude(searched: Searched, ensemble: Path, output: Path, runs: TrialRuns) -> EnsembleSpec:
    """Write the winner, the figures and the page to the output. Raises SearchImpossible, SpecError."""
    proved = _prove(searched)
    measured = _priced(proved, searched)
    choice = choose(measured, searched.parts.test_to_train)
    won = next(one for one in measured if one.name == choice.winner)
    found = next(one.named for one in proved if one.named.name == choice.winner)
    fold_to_judged = searched.parts.fold_to_judged(searched.judging)
    expected = expected_range(won.aucs, searched.parts.test_to_train, fold_to_judged)
    _say_choice(measured, choice, expected)
    write_found(found.spec, ensemble, output, choice.why)
    if found.schema != searched.proof.rows.data.schema and searched.features:
        write_schema(found.schema, output, [one.sentence for one in searched.features.kept])
    write_report(output, measured, choice, expected)
    runs.end(choice.winner, choice.why, _page(searched, measured, choice, expected, found, output))
    return found.spec


def _prove(searched: Searched) -> list[Proved]:
    for trials in (searched.trials, *(one.trials for one in searched.inner)):
        if not any(trial.state is TrialState.COMPLETE for trial in trials):
            raise SearchImpossible("no trial was finished: give it more --trials or --hours")
    space, trials = searched.space, searched.trials
    if searched.inner:
        return prove_procedures(space, trials, searched.searched, searched.inner, searched.proof)
    return prove_candidates(space, trials, searched.searched, searched.proof)


def _priced(proved: list[Proved], searched: Searched) -> list[Candidate]:
    with TemporaryDirectory() as folder, step("measure what each costs to serve"):
        costs = Costs(searched.parts.proof, Path(folder), offered_row_cost())
        return [Candidate(one.named.name, one.aucs, costs.of(one.named.spec, one.named.schema)) for one in proved]


def _say_choice(measured: list[Candidate], choice: Choice, expected: tuple[float, float]) -> None:
    for line in leaderboard(measured, choice):
        say(f"  {line}")
    say(f"  {choice.why}")
    say("  on the rows that judge, expect an AUC from {:.3f} to {:.3f}".format(*expected))


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
            members = [trials.members(found.spec.members, fold) for fold in range(len(rows.folds))]
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

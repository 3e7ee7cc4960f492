"""Every sampler finds an optimum that was planted, sooner than chance does; what cannot be is said."""

import math
from collections.abc import Iterator

import optuna
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.errors import SpecError
from churn_training.errors import SearchImpossible
from churn_training.search import sampler
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.space import space_of
from churn_training.search.suggest import suggest
from churn_training.search.trial_lines import Budget, done_trials

SPACE = space_of(
    EnsembleSpec.model_validate(
        {
            "name": "planted",
            "combine": "mean",
            "members": [{"name": "linear", "kind": "logistic-regression"}, {"name": "boosted", "kind": "xgboost"}],
            "search": {
                "combine": ["mean", "stack"],
                "members": {"boosted": {"max_depth": {"low": 1, "high": 20}, "n_estimators": [100]}},
            },
        }
    )
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def _planted(trial: optuna.Trial) -> float:
    """At most 1: at C = 1, a learning rate of 0.1, depth 7, both members taken."""
    values = suggest(trial, SPACE)
    taken = (values["in.linear"] + values["in.boosted"]) / 2
    distances = (
        math.log10(values["linear:C"]) / 5,
        (math.log10(values["boosted:learning_rate"]) + 1) / 1.5,
        (values["boosted:max_depth"] - 7) / 20,
    )
    return float(taken - sum(distance**2 for distance in distances))


def _best(name: SamplerName, trials: int) -> float:
    study = optuna.create_study(direction="maximize")
    run_trials(study, _planted, [], Sampling(name, seed=0), Budget(trials, None), [])
    assert done_trials(study) == trials
    return float(study.best_value)


@pytest.mark.parametrize(
    ("name", "trials", "reached"),
    [
        pytest.param(SamplerName.TPE, 100, 0.99, id="tpe"),
        pytest.param(SamplerName.CMAES, 100, 0.99, id="cmaes"),
        pytest.param(SamplerName.NSGA2, 300, 0.99, id="nsga2 needs generations"),
        pytest.param(SamplerName.RANDOM, 100, 0.9, id="random comes near"),
    ],
)
def test_a_sampler_finds_a_planted_optimum(name: SamplerName, trials: int, reached: float) -> None:
    assert reached < _best(name, trials) <= 1


def test_gp_without_torch_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "find_spec", lambda _: None)
    with pytest.raises(SearchImpossible, match="needs torch, which is not installed; tpe is Bayesian too"):
        _best(SamplerName.GP, 1)


def test_the_first_trial_of_a_new_study_is_given() -> None:
    study = optuna.create_study(direction="maximize")
    first = {"boosted:max_depth": 7, "combine": "stack"}
    run_trials(study, _planted, [first], Sampling(SamplerName.TPE, 0), Budget(2, None), [])
    assert first.items() <= study.trials[0].params.items()


def test_a_study_that_goes_on_does_not_repeat_itself() -> None:
    study = optuna.create_study(direction="maximize")
    for trials in (3, 6, 6):
        run_trials(study, _planted, [], Sampling(SamplerName.RANDOM, 0), Budget(trials, None), [])
        assert done_trials(study) == trials
    assert len({trial.params["linear:C"] for trial in study.trials}) == 6


def test_an_hour_that_is_over_ends_it() -> None:
    study = optuna.create_study(direction="maximize")
    run_trials(study, _planted, [], Sampling(SamplerName.RANDOM, 0), Budget(None, 0.0), [])
    assert done_trials(study) == 0


def test_a_space_of_which_a_library_takes_nothing_ends_with_its_words() -> None:
    def refuse(_: optuna.Trial) -> float:
        raise SpecError("member boosted: bagging and goss do not go together")

    study = optuna.create_study(direction="maximize")
    with pytest.raises(SearchImpossible, match="5 trials in a row failed, the last one: member boosted: bagging"):
        run_trials(study, refuse, [], Sampling(SamplerName.RANDOM, 0), Budget(100, None), [])


def test_a_trial_that_failed_alone_is_made_up_for() -> None:
    def refuse_the_second(trial: optuna.Trial) -> float:
        if trial.number == 1:
            raise SpecError("member boosted: not today")
        return 0.5

    study = optuna.create_study(direction="maximize")
    run_trials(study, refuse_the_second, [], Sampling(SamplerName.RANDOM, 0), Budget(3, None), [])
    assert (done_trials(study), len(study.trials)) == (3, 4)

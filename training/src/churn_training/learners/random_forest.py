"""Random forest (Breiman, 2001) by scikit-learn."""

from sklearn.ensemble import RandomForestClassifier

from churn_training.learners.fitted_member import THREADS, FittedMember
from churn_training.learners.learner import Learner, Parameters
from churn_training.learners.parameter_rules import OWNED, ParameterRules, refused
from churn_training.learners.skops_file import write_skops
from churn_training.training_data import TrainingData


def fit_random_forest(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows; missing values go where the trees learned to send them."""
    classifier = RandomForestClassifier(**parameters, n_jobs=THREADS, random_state=seed)
    classifier.fit(data.matrix, data.target)
    # One row is scored faster by one thread than by handing 300 trees to a pool.
    classifier.n_jobs = 1
    # What all trees have alike is written once then; reading it for each would be a fifth of the forest's time.
    first = classifier.estimators_[0]
    for tree in classifier.estimators_:
        tree.classes_, tree.n_classes_ = first.classes_, first.n_classes_
    return FittedMember(classifier, write_skops)


def random_forest_rules() -> ParameterRules:
    """Names from the constructor."""
    return ParameterRules(
        library="scikit-learn's RandomForestClassifier",
        known=frozenset(RandomForestClassifier().get_params()),
        refused=refused(("n_jobs", "random_state", "verbose"), OWNED),
        tree_counts=frozenset({"n_estimators"}),
    )


RANDOM_FOREST = Learner(fit_random_forest, random_forest_rules)

"""Features that the search derived from others: what each is, and why it was kept."""

from churn_training.report.page import Notes, Section, Table
from churn_training.report.words import count, number
from churn_training.search.features.choose_features import ChosenFeatures

_LEAD = (
    "{proposed} features were proposed from the types of the columns. One is kept where it says something of the class "
    "that the out-of-fold scores of the ensemble as written do not say already: a permutation test among customers of "
    "the same score, corrected for all proposals (Westfall and Young), and a rise of the AUC on rows left out. "
    "Each is tested beside those before it, on the customers that trials saw alone. Whether they are worth it, the "
    "proof says: the ensemble as written stands there without them."
)


def features_section(features: ChosenFeatures) -> Section:
    """A sentence and a row for each that was kept."""
    lead = _LEAD.format(proposed=count(features.proposed))
    title = "What was derived from the features"
    if not features.kept:
        return Section("features", title, lead, (Notes(("None was kept.",)),))
    rows = tuple(
        (one.name, one.words, f"{one.p_value:.4f}", number(one.before), number(one.after)) for one in features.kept
    )
    headings = ("feature", "what it is", "p (corrected)", "AUC without it", "AUC with it")
    sentences = Notes(tuple(f"{one.sentence}." for one in features.kept))
    return Section("features", title, lead, (sentences, Table("Features that were kept", headings, rows)))

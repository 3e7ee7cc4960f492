"""Which derived features may be worth a test, from the types of the features alone; the class has no part in it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

from churn_models.derived_feature import Count, DerivedFeature, Difference, GroupMean, Log, Ratio
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from churn_models.numeric_feature import NumericFeature

MOST = 400
"""Proposals: each more makes the test stricter for all."""
_FEWEST_ALIKE = 3
"""Features with a category in common, below which nobody would count it."""


@dataclass(frozen=True)
class Proposal:
    """The last of the steps is what is proposed, the others are what it is computed from."""

    steps: tuple[DerivedFeature, ...]
    words: str
    """What it is, to end a sentence that begins with its name."""

    @property
    def name(self) -> str:
        """Of the feature."""
        return self.steps[-1].name


def propose(schema: FeatureSchema, matrix: Matrix) -> list[Proposal]:
    """At most `MOST`, without what the schema has; `matrix` are encoded rows `[rows, features]`.

    Ratios and differences of numbers, counts of a category that several features have, numbers less what is usual in
    the customer's group, and logarithms. No bins: a tree makes its own.
    """
    numbers = [feature.name for feature in schema.features if isinstance(feature, NumericFeature)]
    categories = [feature for feature in schema.features if isinstance(feature, CategoricalFeature)]
    zeros = {name: int((matrix[:, schema.names.index(name)] == 0).sum()) for name in numbers}
    taken = {*schema.scored_names, schema.target.name, schema.identity, schema.time, schema.treated}
    known = {_meaning(one) for one in schema.derived}
    found = (
        proposal
        for proposals in (_pairs(numbers, zeros), _counts(categories), _groups(numbers, categories), _logs(numbers))
        for proposal in proposals
        if not taken & {step.name for step in proposal.steps} and _meaning(proposal.steps[-1]) not in known
    )
    return list(islice(found, MOST))


def _pairs(numbers: list[str], zeros: dict[str, int]) -> Iterator[Proposal]:
    for first, second in combinations(numbers, 2):
        # Divided by the one that is seldom 0, which would leave a gap.
        above, below = (first, second) if zeros[second] <= zeros[first] else (second, first)
        yield Proposal((Ratio(name=f"{above}_per_{below}", of=(above, below)),), f"{above} divided by {below}")
        name = f"{first}_less_{second}"
        yield Proposal((Difference(name=name, of=(first, second)),), f"{first} less {second}")


def _counts(categories: list[CategoricalFeature]) -> Iterator[Proposal]:
    alike: dict[str, list[str]] = defaultdict(list)
    for feature in categories:
        for word in feature.categories:
            alike[word].append(feature.name)
    for word, names in alike.items():
        if len(names) >= _FEWEST_ALIKE:
            words = f"in how many of {len(names)} features the customer has {word!r}"
            yield Proposal((Count(name=f"count_of_{word}", of=tuple(names), categories=(word,)),), words)


def _groups(numbers: list[str], categories: list[CategoricalFeature]) -> Iterator[Proposal]:
    for number in numbers:
        for feature in categories:
            usual = GroupMean(name=f"usual_{number}_by_{feature.name}", of=number, by=feature.name)
            above = Difference(name=f"{number}_above_usual_by_{feature.name}", of=(number, usual.name))
            words = f"{number} less its mean among customers of the same {feature.name}"
            yield Proposal((usual, above), words)


def _logs(numbers: list[str]) -> Iterator[Proposal]:
    for number in numbers:
        yield Proposal((Log(name=f"log_{number}", of=number),), f"the logarithm of {number}")


def _meaning(one: DerivedFeature) -> str:
    return one.model_dump_json(exclude={"name"})

"""Whether the derived features of a schema can be computed from what is beside them. `FeatureSchema` asks."""

from collections.abc import Iterator, Mapping, Sequence

from churn_models.derived_feature import MOST_DERIVED, Count, DerivedFeature, GroupMean
from churn_models.spelling import nearest_names

Categories = Mapping[str, Sequence[str]]
"""Of each categorical feature."""


def derived_faults(numbers: Sequence[str], categories: Categories, derived: Sequence[DerivedFeature]) -> list[str]:
    """One sentence per fault; `numbers` are the numeric features that customers have.

    A derived feature may be computed from one that is written above it. So none goes round in a circle.
    """
    faults = [f"{len(derived)} derived features, at most {MOST_DERIVED}"] if len(derived) > MOST_DERIVED else []
    for place, one in enumerate(derived):
        below = [other.name for other in derived[place:]]
        known = [*numbers, *(other.name for other in derived[:place])]
        found = [
            *(_number_fault(name, known, categories, below) for name in one.numbers),
            *(_word_fault(name, known, categories, below) for name in one.words),
        ]
        wrong = [fault for fault in found if fault] or list(_category_faults(one, categories))
        faults += [f"derived feature {one.name}: {fault}" for fault in wrong]
    return faults


def _number_fault(name: str, known: Sequence[str], categories: Categories, below: Sequence[str]) -> str | None:
    if name in known:
        return None
    if name in categories:
        return f"{name} is categorical, and a number is needed"
    return _unknown(name, [*known, *categories], below)


def _word_fault(name: str, known: Sequence[str], categories: Categories, below: Sequence[str]) -> str | None:
    if name in categories:
        return None
    if name in known:
        return f"{name} is a number, and a categorical feature is needed"
    return _unknown(name, [*known, *categories], below)


def _unknown(name: str, known: Sequence[str], below: Sequence[str]) -> str:
    if name == below[0]:
        return "it is computed from itself"
    if name in below:
        return f"{name} is written further below; a derived feature may only name what is written above it"
    near = nearest_names(name, known)
    return f"there is no feature {name}" + (f"; there is {', '.join(near)}" if near else "")


def _category_faults(one: DerivedFeature, categories: Categories) -> Iterator[str]:
    if isinstance(one, Count):
        for category in one.categories:
            if not any(category in categories[name] for name in one.of):
                yield f"none of its features has the category {category}"
        for name in one.of:
            if not set(categories[name]) & set(one.categories):
                yield f"{name} has none of the categories that are counted; it has {', '.join(categories[name])}"
    if isinstance(one, GroupMean) and one.means is not None and len(one.means) != len(categories[one.by]):
        yield f"{len(one.means)} means of {len(categories[one.by])} categories"

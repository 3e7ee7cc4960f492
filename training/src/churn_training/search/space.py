"""From the section `search` of ensemble.yaml to what a trial may be: the space, and an ensemble from values in it.

Every trial has a value for every dimension, used or not: CMA-ES and the Gaussian process need spaces that stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec, RowShare
from churn_models.errors import SpecError
from churn_models.search_space import ParameterSpace, Span

from churn_training.learners.registry import check_members
from churn_training.search.usual_space import USUAL, same_parameter

COMBINE = "combine"
WEIGHTS = Span(low=0.05, high=1.0)

_WEIGHING = (CombineRule.WEIGHTED, CombineRule.VOTE)


@dataclass(frozen=True)
class Space:
    """The written ensemble, and by name what may differ from it."""

    written: EnsembleSpec
    dimensions: Mapping[str, ParameterSpace]

    def ensemble(self, values: Mapping[str, Any]) -> EnsembleSpec:
        """The ensemble that these values mean; equal ones whatever their unused values are."""
        members = [member for member in self.written.members if values.get(_taken(member.name), 1)]
        if not members:
            members = [max(self.written.members, key=lambda member: float(values.get(_weight(member.name), 0)))]
        rule = CombineRule(values[COMBINE]) if len(members) > 1 else CombineRule.MEAN
        made = [self._member(member, values) for member in members]
        if rule not in _WEIGHING:
            made = [member.model_copy(update={"weight": 1.0}) for member in made]
        bags = [int(values.get(_bag(member.name), 1)) for member in members]
        if rule is CombineRule.MEAN and len(set(bags)) > 1:
            # A bag counts as one member.
            rule = CombineRule.WEIGHTED
        bagged = [one for member, size in zip(made, bags, strict=True) for one in _bagged(member, size)]
        return with_members(self.written, rule, tuple(bagged))

    def as_written(self) -> dict[str, Any]:
        """The values nearest to what ensemble.yaml says, for the first trial; what it does not say is left open."""
        values: dict[str, Any] = {COMBINE: str(self.written.combine)}
        heaviest = max(member.weight for member in self.written.members)
        for member in self.written.members:
            values[_taken(member.name)] = values[_bag(member.name)] = 1
            values[_weight(member.name)] = max(WEIGHTS.low, member.weight / heaviest)
            values |= {_parameter(member.name, name): value for name, value in member.parameters.items()}
        return {name: value for name, value in values.items() if _holds(self.dimensions.get(name), value)}

    def alone(self, member: MemberSpec, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The values that mean this written member alone, with these parameters under any of their names."""
        values: dict[str, Any] = {_taken(one.name): int(one is member) for one in self.written.members}
        values[_bag(member.name)] = 1
        for name, value in parameters.items():
            values |= {_parameter(member.name, alias): value for alias in same_parameter(name)}
        return {name: value for name, value in values.items() if _holds(self.dimensions.get(name), value)}

    def _member(self, member: MemberSpec, values: Mapping[str, Any]) -> MemberSpec:
        prefix = _parameter(member.name, "")
        found = {name.removeprefix(prefix): _short(value) for name, value in values.items() if name.startswith(prefix)}
        weight = _short(float(values.get(_weight(member.name), 1)))
        return member.model_copy(update={"parameters": {**member.parameters, **found}, "weight": weight})


def space_of(written: EnsembleSpec) -> Space:
    """The usual space of every member with what ensemble.yaml says in its place. Raises SpecError."""
    dimensions: dict[str, ParameterSpace] = {COMBINE: tuple(map(str, written.search.combine))}
    several = len(written.members) > 1
    weighs = several and any(rule in _WEIGHING for rule in written.search.combine)
    for member in written.members:
        if several:
            dimensions[_taken(member.name)] = Span(low=0, high=1)
        if set(written.search.bags) != {1}:
            dimensions[_bag(member.name)] = written.search.bags
        if weighs:
            dimensions[_weight(member.name)] = WEIGHTS
        for name, parameter in _parameters(member, written.search.members.get(member.name, {})).items():
            dimensions[_parameter(member.name, name)] = parameter
    space = Space(written, dimensions)
    _check(space)
    return space


def with_members(written: EnsembleSpec, rule: CombineRule, members: tuple[MemberSpec, ...]) -> EnsembleSpec:
    """An ensemble of these members that is written alike in everything else."""
    kept = written.model_dump(exclude_unset=True, exclude={"combine", "members", "search"})
    hidden = set() if rule in _WEIGHING else {"weight"}
    said = [member.model_dump(exclude_unset=True, exclude=hidden) for member in members]
    return EnsembleSpec.model_validate({**kept, "combine": rule, "members": said})


def _bagged(member: MemberSpec, size: int) -> list[MemberSpec]:
    """The member alone, or so many of it, each on rows of its own, that together weigh the same."""
    if size == 1:
        return [member]
    weight = _short(member.weight / size)
    return [
        member.model_copy(update={"name": f"{member.name}-{draw}", "weight": weight, "rows": RowShare(draw=draw)})
        for draw in range(1, size + 1)
    ]


def _parameters(member: MemberSpec, said: Mapping[str, ParameterSpace]) -> dict[str, ParameterSpace]:
    found = dict(said)
    for usual, space in USUAL[member.kind].items():
        aliases = same_parameter(usual)
        if aliases & set(said):
            continue
        name = next((name for name in member.parameters if name in aliases), usual)
        if name not in member.parameters:
            found[name] = space
        elif isinstance(space, Span) and (widened := _widened(space, member.parameters[name])):
            found[name] = widened
    return found


def _widened(space: Span, written: Any) -> Span | None:
    """The same space with the written number in it; none for a word or a share, which stays as it is."""
    if isinstance(written, bool) or not isinstance(written, int | float) or (space.log and written <= 0):
        return None
    if space.is_whole and not isinstance(written, int):
        return None
    return Span(low=min(space.low, written), high=max(space.high, written), log=space.log)


def _check(space: Space) -> None:
    """The ends of every dimension must be what the learners take, and bags have names of their own."""
    names = {member.name for member in space.written.members}
    of_bags = {f"{name}-{draw}" for name in names for draw in range(1, max(space.written.search.bags) + 1)}
    if max(space.written.search.bags) > 1 and (clash := sorted(names & of_bags)):
        raise SpecError(f"search: bags: a part of a bag would be named {clash[0]} like a member; rename the member")
    for end in (0, -1):
        values = {
            name: (part.low, part.high)[end] if isinstance(part, Span) else part[end]
            for name, part in space.dimensions.items()
        }
        everybody = {_taken(member.name): 1 for member in space.written.members}
        try:
            check_members(space.ensemble({**values, **everybody}))
        except SpecError as error:
            raise SpecError(f"search: {error}") from error


def _holds(space: ParameterSpace | None, value: Any) -> bool:
    if isinstance(space, Span):
        return isinstance(value, int | float) and space.low <= value <= space.high
    return space is not None and value in space


def _short(value: Any) -> Any:
    """Three digits are enough, and ensemble.yaml stays readable."""
    return float(f"{value:.3g}") if isinstance(value, float) else value


def _taken(member: str) -> str:
    return f"in.{member}"


def _weight(member: str) -> str:
    return f"weight.{member}"


def _bag(member: str) -> str:
    return f"bag.{member}"


def _parameter(member: str, name: str) -> str:
    return f"{member}:{name}"

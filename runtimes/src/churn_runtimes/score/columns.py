"""Which columns of a table are read, and which of them go through to the scored one. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from churn_models.check_column import missing_column
from churn_models.errors import DataInvalid
from churn_models.feature_schema import FeatureSchema
from churn_models.spelling import match_names
from churn_models.violation import Violation

EVERYTHING = "*"
"""What `--keep` calls all columns that the schema does not name and scoring does not write anew."""
ROW = "row"
"""The number of the row, from 1, where the schema names no identity."""


@dataclass(frozen=True)
class Columns:
    """Names in the table: of each feature that it has (those of the stream may be absent), of the identity if there
    is one, and of what is kept beside it.
    """

    features: Mapping[str, str]
    identity: str | None
    kept: tuple[str, ...]

    @property
    def read(self) -> list[str]:
        """All that has to be read, each once."""
        identity = [self.identity] if self.identity else []
        return list(dict.fromkeys([*identity, *self.kept, *self.features.values()]))


def plan_columns(schema: FeatureSchema, present: Sequence[str], keep: Sequence[str], added: Sequence[str]) -> Columns:
    """Find the schema's columns, by another spelling of their names too. Raises DataInvalid.

    `added` are the columns that scoring writes: no kept one may have such a name, and `*` leaves these out.
    """
    identity = [schema.identity] if schema.identity else []
    may_be_absent = {feature.name for feature in schema.stream}
    found = match_names(schema.columns, present)
    wanted = [*identity, *schema.names]
    unknown = [name for name in present if name not in found.values()]
    violations = [missing_column(name, unknown) for name in wanted if name not in found and name not in may_be_absent]
    taken = {*added, *(identity or [ROW])}
    others = [name for name in unknown if name not in taken]
    kept = [name for asked in keep for name in (others if asked == EVERYTHING else [asked])]
    violations += [missing_column(name, present) for name in kept if name not in present]
    violations += [Violation(name, "is what scoring writes; leave it out of --keep") for name in kept if name in taken]
    if violations:
        raise DataInvalid(violations, f"its columns are {', '.join(map(repr, present))}")
    return Columns(
        {name: found[name] for name in schema.names if name in found},
        found[schema.identity] if schema.identity else None,
        tuple(dict.fromkeys(kept)),
    )

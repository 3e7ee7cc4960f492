"""Second step: raw cells become a typed table, or a report of everything that is wrong with them.

The result is canonical: the same customers give the same table, whatever file or table held them in
whatever order, so that a training can be repeated from another source.
"""

from typing import Any

import pandas as pd
import pandera.pandas as pa
from churn_models.feature_schema import Feature, FeatureSchema, NumericFeature
from churn_models.spelling import text_of
from pandera.errors import SchemaErrors

from churn_training.errors import DataInvalid
from churn_training.time_column import read_times
from churn_training.treated_column import read_treated
from churn_training.violation import Violation

_FEWEST_OF_A_CLASS = 20
_EXAMPLES = 3
_FAULTS = {
    "column_in_dataframe": "the column is missing",
    "not_nullable": "a value is missing",
    "field_uniqueness": "a value comes twice",
    "coerce_dtype('float64')": "not a number",
}


def validate(schema: FeatureSchema, raw: pd.DataFrame) -> pd.DataFrame:
    """Check every column of the schema and return exactly those, typed and sorted.

    Features are float64 or text, `time` moments in UTC or float64, `treated` bool.

    Raises DataInvalid with all violations at once. Columns that the schema does not name are left out.
    """
    if raw.empty:
        raise DataInvalid([Violation("data set", "no rows")])
    table = _normalise(schema, raw)
    around, violations = _read_around(schema, raw)
    violations += _class_violations(schema, table)
    try:
        typed = _table_schema(schema).validate(table, lazy=True).assign(**around)
    except SchemaErrors as errors:
        raise DataInvalid(_violations(errors.failure_cases) + violations) from errors
    if violations:
        raise DataInvalid(violations)
    keys = [schema.identity] if schema.identity else list(schema.columns)
    return typed.loc[:, list(schema.columns)].sort_values(keys, ignore_index=True)


def _normalise(schema: FeatureSchema, raw: pd.DataFrame) -> pd.DataFrame:
    numeric = {feature.name for feature in schema.features if isinstance(feature, NumericFeature)}
    columns = {}
    for name in schema.columns:
        if name in raw.columns and name not in (schema.time, schema.treated):
            clean = _blank_to_none if name in numeric else text_of
            columns[name] = pd.Series([clean(value) for value in raw[name]], dtype=object)
    return pd.DataFrame(columns)


def _read_around(schema: FeatureSchema, raw: pd.DataFrame) -> tuple[dict[str, "pd.Series[Any]"], list[Violation]]:
    columns: dict[str, pd.Series[Any]] = {}
    violations: list[Violation] = []
    for name in (schema.time, schema.treated):
        if name is None:
            continue
        if name not in raw.columns:
            violations.append(Violation(name, _FAULTS["column_in_dataframe"]))
            continue
        values = raw[name].reset_index(drop=True)
        if name == schema.time:
            columns[name], found = read_times(schema, name, values)
        else:
            columns[name], found = read_treated(name, values, schema.missing)
        violations += found
    return columns, violations


def _blank_to_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _table_schema(schema: FeatureSchema) -> pa.DataFrameSchema:
    columns = {feature.name: _column(feature) for feature in schema.features}
    classes = [schema.target.positive[0], schema.target.negative[0]]
    columns[schema.target.name] = pa.Column(str, _one_of(classes), nullable=False)
    if schema.identity:
        columns[schema.identity] = pa.Column(str, unique=True, nullable=False)
    return pa.DataFrameSchema(columns)


def _column(feature: Feature) -> pa.Column:
    if not isinstance(feature, NumericFeature):
        return pa.Column(str, _one_of(list(feature.categories)), nullable=feature.nullable)
    finite = pa.Check(lambda values: values.abs() != float("inf"), error="infinite")
    checks = [finite]
    if feature.allowed:
        low, high = feature.allowed.low, feature.allowed.high
        checks.append(pa.Check.in_range(low, high, error=f"outside {low:g} to {high:g}"))
    return pa.Column("float64", checks, nullable=feature.nullable, coerce=True)


def _one_of(words: list[str]) -> pa.Check:
    shown = ", ".join(words[:6]) + (" …" if len(words) > 6 else "")
    return pa.Check.isin(words, error=f"not one of {shown}")


def _violations(cases: pd.DataFrame) -> list[Violation]:
    violations = []
    for (column, check), group in cases.groupby(["column", "check"], sort=False, dropna=False):
        if check == "column_in_dataframe":
            violations += [Violation(str(name), _FAULTS[check]) for name in group["failure_case"]]
        elif not str(check).startswith("dtype("):  # says the same as coerce_dtype, once more
            examples = group["failure_case"].dropna().astype(str).drop_duplicates()[:_EXAMPLES]
            fault = _FAULTS.get(str(check), str(check))
            violations.append(Violation(str(column), fault, len(group), tuple(map(repr, examples))))
    return violations


def _class_violations(schema: FeatureSchema, table: pd.DataFrame) -> list[Violation]:
    target = schema.target
    if target.name not in table:
        return []
    counts = {word: int((table[target.name] == word).sum()) for word in (target.positive[0], target.negative[0])}
    if min(counts.values()) == 0:
        return [Violation(target.name, f"only one class: {counts}")]
    if min(counts.values()) < _FEWEST_OF_A_CLASS:
        return [Violation(target.name, f"too few rows of a class, {_FEWEST_OF_A_CLASS} are needed: {counts}")]
    return []

"""Second step: raw cells become a typed table, or a report of everything that is wrong with them.

The result is canonical: the same customers give the same table, whatever file or table held them in
whatever order, so that a training can be repeated from another source.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from churn_models.check_column import Checked, check_numbers, check_words, missing_column
from churn_models.errors import DataInvalid
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from churn_models.spelling import match_names
from churn_models.violation import Violation

from churn_training.check_identity import check_identity
from churn_training.frame_cells import cells_of, numbers_in
from churn_training.frame_origin import origin_of
from churn_training.locate import locate
from churn_training.progress import note
from churn_training.time_column import read_times
from churn_training.treated_column import read_treated

FEWEST_OF_A_CLASS = 20
"""Rows of each class that a table must have."""
_EXAMPLES = 3
_SHOWN_COLUMNS = 40


def validate(schema: FeatureSchema, raw: pd.DataFrame) -> pd.DataFrame:
    """Check every column of the schema and return exactly those, typed and sorted.

    Numbers are float64, words pandas' categories in the schema's order (of the target each class's first word),
    the identity text, `time` moments in UTC or float64, `treated` bool. Rows whose target is to be ignored and
    columns that the schema does not name are left out.
    Raises DataInvalid with all violations at once.
    """
    if raw.empty:
        raise DataInvalid([Violation("data set", "no rows")], _found(raw))
    raw = raw.rename(columns=str)
    names = match_names(schema.columns, raw.columns)
    raw = _without_ignored(schema, raw, names)
    decimal = origin_of(raw).decimal
    checked, violations = _read_around(schema, raw, names)
    violations += _missing_columns(schema, raw, names)
    checked |= {name: _check(schema, name, raw[found], decimal) for name, found in names.items() if name not in checked}
    for name, column in checked.items():
        violations += _violations(schema, raw, names, name, column)
    violations += _class_violations(schema, checked)
    if violations:
        raise DataInvalid(violations, _found(raw) if len(names) < len(schema.columns) else "")
    _tell_names(names)
    return _sorted(schema, pd.DataFrame({name: _typed(schema, name, checked.pop(name)) for name in schema.columns}))


def _read_around(
    schema: FeatureSchema, raw: pd.DataFrame, names: Mapping[str, str]
) -> tuple[dict[str, Checked], list[Violation]]:
    checked: dict[str, Checked] = {}
    violations: list[Violation] = []
    for name in (schema.time, schema.treated):
        if name is None or name not in names:
            continue
        cells = raw[names[name]].astype(object).reset_index(drop=True)
        if name == schema.time:
            values, found = read_times(schema, name, cells)
        else:
            values, found = read_treated(name, cells, schema.missing)
        checked[name] = Checked(values)
        violations += found
    return checked, violations


def _check(schema: FeatureSchema, name: str, column: pd.Series, decimal: str) -> Checked:
    if name == schema.identity:
        return check_identity(column)
    if name == schema.target.name:
        return check_words(cells_of(column), schema.target.vocabulary, nullable=False)
    feature = next(feature for feature in schema.features if feature.name == name)
    if isinstance(feature, CategoricalFeature):
        return check_words(cells_of(column), schema.vocabularies[name], feature.nullable)
    numbers, wrong = numbers_in(column, schema.missing_markers, decimal)
    return check_numbers(numbers, wrong, feature)


def _without_ignored(schema: FeatureSchema, raw: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    target = schema.target
    if not target.ignore or target.name not in names:
        return raw
    places = check_words(cells_of(raw[names[target.name]]), target.vocabulary, nullable=True).values
    ignored = places >= len(target.positive) + len(target.negative)
    if "" in target.ignore:
        ignored |= places == -1
    note(f"{int(ignored.sum())} rows left out, whose {target.name} is to be ignored ({', '.join(target.ignore)})")
    kept: pd.DataFrame = raw[~ignored]
    return kept


def _missing_columns(schema: FeatureSchema, raw: pd.DataFrame, names: Mapping[str, str]) -> Iterator[Violation]:
    others = [name for name in raw.columns if name not in names.values()]
    stream = {feature.name for feature in schema.stream}
    return (
        Violation(name, "a feature of the stream, and no column: name the customers' events by --events")
        if name in stream
        else missing_column(name, others)
        for name in schema.columns
        if name not in names
    )


def _violations(
    schema: FeatureSchema, raw: pd.DataFrame, names: Mapping[str, str], name: str, checked: Checked
) -> Iterator[Violation]:
    identity = names.get(schema.identity) if schema.identity else None
    for fault, rows in checked.faults.items():
        cells = raw[names[name]][rows].dropna().drop_duplicates()[:_EXAMPLES]
        examples = tuple(repr(str(cell)) for cell in cells if str(cell).strip())
        yield Violation(name, fault, int(rows.sum()), examples, locate(raw, rows, identity))


def _class_violations(schema: FeatureSchema, checked: Mapping[str, Checked]) -> list[Violation]:
    target = schema.target
    if target.name not in checked:
        return []
    places = checked[target.name].values
    positive = int(np.count_nonzero((places >= 0) & (places < len(target.positive))))
    negative = int(np.count_nonzero(places >= len(target.positive)))
    counts = {target.positive[0]: positive, target.negative[0]: negative}
    if min(counts.values()) == 0:
        return [Violation(target.name, f"only one class: {counts}")]
    if min(counts.values()) < FEWEST_OF_A_CLASS:
        return [Violation(target.name, f"too few rows of a class, {FEWEST_OF_A_CLASS} are needed: {counts}")]
    return []


def _typed(schema: FeatureSchema, name: str, checked: Checked) -> object:
    if name == schema.target.name:
        positive, negative = schema.target.positive, schema.target.negative
        codes = (checked.values >= len(positive)).astype(np.int8)
        return pd.Categorical.from_codes(codes, pd.Index([positive[0], negative[0]]))
    if name in schema.vocabularies:
        return pd.Categorical.from_codes(checked.values, pd.Index(schema.vocabularies[name].words))
    return checked.values


def _sorted(schema: FeatureSchema, table: pd.DataFrame) -> pd.DataFrame:
    keys = [schema.identity] if schema.identity else list(schema.columns)
    return table.sort_values(keys, ignore_index=True)


def _found(raw: pd.DataFrame) -> str:
    """What there is instead of what is missing: the columns as read, and how the source was read."""
    names = [repr(str(name)) for name in raw.columns]
    shown = ", ".join(names[:_SHOWN_COLUMNS]) + (" …" if len(names) > _SHOWN_COLUMNS else "")
    taken = origin_of(raw).taken
    return f"its columns are {shown}{f' ({taken})' if taken else ''}"


def _tell_names(names: Mapping[str, str]) -> None:
    if others := [f"{found!r} as {name}" for name, found in names.items() if name != found]:
        note(f"columns taken by another spelling: {', '.join(others)}")

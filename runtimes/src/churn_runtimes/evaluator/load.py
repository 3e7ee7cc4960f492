"""From a verified bundle to an evaluator: pack every member, pass the gate, keep the stock library of who did not."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from churn_models.bundle import Bundle
from churn_models.combine import CombineRule, Scores
from churn_models.encoding import Matrix
from churn_models.errors import ScoresInvalid
from churn_models.golden import check_golden, encode_golden
from churn_models.scoring.scorer import Scorer, load_scorer

from churn_runtimes.evaluator.compiled import UNAVAILABLE, Join, Table, compile_table
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.explain_linear import explain_linear
from churn_runtimes.evaluator.explain_member import ExplainMember
from churn_runtimes.evaluator.explain_trees import PackedTrees, explain_trees
from churn_runtimes.evaluator.gate_rows import RANDOM_ROWS, gate_rows
from churn_runtimes.evaluator.node_table import NodeTable, join_tables, member_table
from churn_runtimes.evaluator.pack import PACKERS
from churn_runtimes.evaluator.packed_member import LinearMember, PackedMember
from churn_runtimes.evaluator.parity import check_parity, flat_scores
from churn_runtimes.evaluator.score_range import NotScores
from churn_runtimes.evaluator.scored_by import MemberScoring, by_library
from churn_runtimes.evaluator.unpackable import Unpackable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Packed:
    member: PackedMember
    table: NodeTable


def load_evaluator(bundle: Bundle, only: str | None = None) -> Evaluator:
    """Read, pack and check every member, or one of them alone.

    Raises MemberUnreadable, TypeUntrusted, ScoresInvalid or GoldenMismatch. A member that cannot be packed, or scores
    differently by more than 1e-6, is scored by its library, with a warning.
    """
    scorer = load_scorer(bundle, only)
    packed, scoring = _pack(scorer)
    try:
        table = _compile({name: member.table for name, member in packed.items()}, bundle, scorer)
    except Unpackable as error:  # each fits into a table, all together do not
        table, packed, scoring = None, {}, dict.fromkeys(scorer.members, by_library(f"not packable: {error}"))
    if table is not None:
        scoring |= _pass_gate(bundle, scorer, packed, table)
    slow = {name: score for name, score in scorer.members.items() if scoring[name].is_slow}
    if slow.keys() & packed.keys():
        table = _compile({name: part.table for name, part in packed.items() if name not in slow}, bundle, scorer)
    flat = {name: part for name, part in packed.items() if name not in slow}
    for name in slow:
        logger.warning("member %s is scored by its library: %s", name, scoring[name].reason)
    # The libraries' own objects of members on the flat path are free to go from here on.
    explainers = _explainers(bundle, table, flat) | {name: scoring[name].reason for name in slow}
    return Evaluator(
        tuple(scorer.members),
        {name: scoring[name] for name in scorer.members},
        _join(scorer),
        table,
        slow,
        {name: explainers[name] for name in scorer.members},
        join_tables([part.table for part in flat.values()], scorer.program) if flat and not slow else None,
        scorer.program,
    )


def _explainers(bundle: Bundle, table: Table | None, flat: Mapping[str, _Packed]) -> dict[str, ExplainMember | str]:
    if table is None:
        return {}
    shares = join_tables([part.table for part in flat.values()]).shares
    schema, reference = bundle.schema(), bundle.reference()
    explainers: dict[str, ExplainMember | str] = {}
    for place, (name, part) in enumerate(flat.items()):
        if isinstance(part.member, LinearMember):
            explainers[name] = explain_linear(part.member, schema, reference)
        else:
            explainers[name] = explain_trees(part.member, PackedTrees(table, place, shares))
    return explainers


def _pack(scorer: Scorer) -> tuple[dict[str, _Packed], dict[str, MemberScoring]]:
    if UNAVAILABLE:
        return {}, dict.fromkeys(scorer.members, by_library(UNAVAILABLE))
    packed, scoring = {}, {}
    kinds = {member.name: member.kind for member in scorer.manifest.members}
    for name, stock_member in scorer.members.items():
        try:
            member = PACKERS[kinds[name]](stock_member.model)
            packed[name] = _Packed(member, member_table(member))
        except Unpackable as error:
            scoring[name] = by_library(f"not packable: {error}")
        except Exception as error:  # a packer that is wrong about a library's format costs speed, not the server
            scoring[name] = by_library(f"not packable: {type(error).__name__}: {error}")
    return packed, scoring


def _compile(tables: Mapping[str, NodeTable], bundle: Bundle, scorer: Scorer) -> Table | None:
    """The members' scores and, where none is missing, the ensemble's."""
    if not tables:
        return None
    join = _join(scorer) if tables.keys() == scorer.members.keys() else None
    return compile_table(join_tables(list(tables.values()), scorer.program), len(bundle.schema().features), join)


def _pass_gate(bundle: Bundle, scorer: Scorer, packed: Mapping[str, _Packed], table: Table) -> dict[str, MemberScoring]:
    schema = bundle.schema()
    golden = encode_golden(schema, bundle.golden())
    rows = gate_rows(schema, scorer.program, golden, [part.member for part in packed.values()])
    if schema.derived:
        # No customer has derived values on thresholds: a table that takes them as they are is asked for these rows.
        whole, table = table, compile_table(join_tables([part.table for part in packed.values()]), rows.shape[1])
        if not _derive_alike(whole, table, scorer, np.ascontiguousarray(rows[:, : len(schema.features)])):
            return dict.fromkeys(packed, by_library("its table derives other features than training does"))
    scores = flat_scores(table, rows)
    kinds = {member.name: member.kind for member in scorer.manifest.members}
    scoring = {}
    for place, name in enumerate(packed):
        expected = scorer.members[name](rows)
        _check_range(bundle, name, expected[: len(golden) + RANDOM_ROWS])
        scoring[name] = check_parity(kinds[name], scores[:, place], expected)
    return scoring


def _derive_alike(whole: Table, members: Table, scorer: Scorer, customers: Matrix) -> bool:
    """Whether the table with the program scores customers just as the one without it scores what training derives."""
    expected = members.score_members(scorer.program.derive(customers))
    return np.array_equal(whole.score_members(customers), expected, equal_nan=True)


def _check_range(bundle: Bundle, member: str, scores: Scores) -> None:
    """Raises ScoresInvalid where rows as training saw them get no probability.

    The golden rows come first; where those show it already, it is their GoldenMismatch.
    """
    found = NotScores()
    found.look(scores)
    if found.rows:
        golden = bundle.golden()
        check_golden(golden, None, {member: scores[: len(golden)]})
        raise ScoresInvalid(
            f"member {member} gives {found.rows} of {len(scores)} customers like those of its training no probability: "
            "not finite, or outside of 0 to 1"
        )


def _join(scorer: Scorer) -> Join:
    manifest = scorer.manifest
    if len(scorer.members) < len(manifest.members):
        # One member alone is not an ensemble of one: `vote` and `stack` would make something else of its probability.
        return Join(CombineRule.MEAN, [1.0], 0.0)
    return Join(manifest.combine, [member.weight for member in manifest.members], manifest.intercept)

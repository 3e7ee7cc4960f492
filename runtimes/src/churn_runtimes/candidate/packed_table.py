"""A packed table that may answer: this server's own, or another bundle's that has passed every check.

The ensemble makes its own when it is loaded; the follower has those read that the operator names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from churn_models.bundle import Bundle
from churn_models.digest import Digest, digest_of
from churn_models.ensemble_scores import check_golden_scores
from churn_models.errors import ChurnModelsError
from churn_models.feature_schema import FeatureSchema
from churn_models.golden import encode_golden
from churn_models.outputs import Outputs
from churn_models.schema_digest import encoding_digest
from numpy.typing import NDArray

from churn_runtimes.candidate.errors import SchemaDiffers, TableInvalid
from churn_runtimes.candidate.table_file import TableHeader, form_of, read_table, write_table
from churn_runtimes.evaluator.asked_outputs import AskedOutputs
from churn_runtimes.evaluator.compiled import Join, compile_table
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.node_table import LINEAR, NodeTable, scoring_table
from churn_runtimes.evaluator.scored_by import BY_TABLE


@dataclass(frozen=True, eq=False)
class PackedTable:
    """The file as it is given to others, and what scores by it."""

    sha256: Digest
    content: bytes
    digest: Digest
    """Of the bundle."""
    version: str
    score_edges: tuple[float, ...]
    evaluator: Evaluator
    outputs: Outputs

    @cached_property
    def asked(self) -> AskedOutputs:
        """What the fast paths answer by it."""
        return AskedOutputs(self.outputs, self.evaluator)


def own_table(bundle: Bundle, version: str, evaluator: Evaluator, arrays: NodeTable) -> PackedTable:
    """Of the bundle that this server has loaded; its evaluator is the one that answers already."""
    reference, manifest = bundle.reference(), bundle.manifest
    header = TableHeader(
        digest=bundle.digest,
        encoding=encoding_digest(bundle.schema()),
        members=evaluator.members,
        combine=manifest.combine,
        weights=tuple(member.weight for member in manifest.members),
        intercept=manifest.intercept,
        threshold=manifest.threshold,
        calibration=reference.scores.calibration,
        score_edges=reference.scores.raw.edges,
        golden=bundle.golden(),
        **form_of(arrays),
    )
    content = write_table(header, arrays)
    return PackedTable(
        digest_of(content), content, bundle.digest, version, header.score_edges, evaluator, Outputs.of(bundle)
    )


def checked_table(content: bytes, version: str, schema: FeatureSchema) -> PackedTable:
    """A table from elsewhere, after its header, schema, structure and golden rows.

    Raises TableInvalid, SchemaDiffers or GoldenMismatch; whatever the bytes are, it is one of these.
    """
    header, arrays = read_table(content)
    if header.encoding != encoding_digest(schema):
        raise SchemaDiffers("its bundle encodes customers by another schema: features, categories or missing markers")
    evaluator = _evaluator(header, arrays, schema)
    try:
        check_golden_scores(header.golden, evaluator.score(encode_golden(schema, header.golden)))
    except ChurnModelsError:
        raise
    except Exception as error:  # whatever odd rows make of the encoding or of the scores
        raise TableInvalid(f"its golden rows cannot be scored: {type(error).__name__}: {error}") from error
    outputs = Outputs(header.members, header.calibration, header.threshold)
    return PackedTable(digest_of(content), content, header.digest, version, header.score_edges, evaluator, outputs)


def _evaluator(header: TableHeader, arrays: Mapping[str, NDArray[Any]], schema: FeatureSchema) -> Evaluator:
    members = arrays["members"]
    is_linear = members["kind"] == LINEAR
    for kind, owned in (("trees", members["count"][~is_linear]), ("terms", members["count"][is_linear])):
        # Each is a member's own: members that shared them could cost any time with few bytes.
        if int(owned.astype(np.uint64).sum()) > len(arrays[kind]):
            raise TableInvalid(f"members of more {kind} than there are")
    join = Join(header.combine, header.weights, header.intercept)
    try:
        table = compile_table(scoring_table(arrays), len(schema.features), join)
    except (ValueError, ArithmeticError) as error:
        raise TableInvalid(f"its structure: {error}") from error
    return Evaluator(header.members, dict.fromkeys(header.members, BY_TABLE), join, table, {}, {})

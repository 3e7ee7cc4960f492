"""What a sidecar needs of the bundle that its server serves: all of it but the members."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from churn_models.bundle import open_bundle
from churn_models.bundle_manifest import REFERENCE, REFERENCE_SAMPLE
from churn_models.digest import Digest
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.reference import Reference


@dataclass(frozen=True)
class Watched:
    """Read once, at the start."""

    digest: Digest
    version: str
    """Of the registered model; empty where nobody said it."""
    schema: FeatureSchema
    reference: Reference
    reference_json: bytes
    """As training wrote it."""
    sample: Matrix
    """Encoded training rows."""


def read_watched(folder: Path, digest: Digest | None, version: str) -> Watched:
    """Verify the bundle and read it. Raises BundleError."""
    bundle = open_bundle(folder, digest)
    return Watched(
        digest=bundle.digest,
        version=version,
        schema=bundle.schema(),
        reference=bundle.reference(),
        reference_json=(folder / REFERENCE).read_bytes(),
        sample=np.load(folder / REFERENCE_SAMPLE, allow_pickle=False),
    )

"""A manifest made to agree with changed files again: what somebody who can write the whole bundle would do."""

from pathlib import Path

from churn_models.bundle_manifest import MANIFEST, BundleManifest, ManifestFile
from churn_models.digest import digest_of


def relist(folder: Path) -> None:
    """Note the present size and digest of every listed file in manifest.json."""
    manifest = BundleManifest.from_bytes((folder / MANIFEST).read_bytes())
    files = []
    for file in manifest.files:
        content = (folder / file.path).read_bytes()
        files.append(ManifestFile(path=file.path, sha256=digest_of(content), size=len(content)))
    (folder / MANIFEST).write_bytes(manifest.model_copy(update={"files": tuple(files)}).to_bytes())

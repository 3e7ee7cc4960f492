"""A bundle that scores as another one does, under an identity of its own: what a training with the same rows makes."""

import shutil
from pathlib import Path

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import MANIFEST
from churn_models.digest import digest_of


def alike(good: Bundle, folder: Path) -> Path:
    """In this folder, which is not there yet; its identity depends on the folder's name."""
    shutil.copytree(good.folder, folder)
    training = digest_of(str(folder).encode()).removeprefix("sha256:")
    (folder / MANIFEST).write_bytes(good.manifest.model_copy(update={"training_id": training}).to_bytes())
    return folder

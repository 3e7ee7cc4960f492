"""A bundle from wherever its files can be read one by one, into a folder: only what its manifest lists, all verified.

Called by the registry's client with a reader of MLflow's artifacts, and by a pod that reads from another one.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from churn_models.bundle import Bundle, check_file, open_bundle
from churn_models.bundle_manifest import MANIFEST, BundleManifest
from churn_models.digest import digest_of

ReadFile = Callable[[str, int], Iterable[bytes]]
"""From a path in the bundle and the most bytes that it may have to the file's content, piece by piece."""


def fetch_bundle(manifest: bytes, read: ReadFile, folder: Path) -> Bundle:
    """Copy the files that the manifest lists into `folder`, which is emptied first. Raises BundleError.

    No file is held in memory: members have any size, and the init container has little.
    """
    files = BundleManifest.from_bytes(manifest).files
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as opened:
            opened.writelines(read(file.path, file.size))
        check_file(file, path)
    (folder / MANIFEST).write_bytes(manifest)
    return open_bundle(folder, digest_of(manifest))

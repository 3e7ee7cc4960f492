"""Zip archives of a bundle: their files are stored, never compressed, so that reading one takes no more than its size.

skops and NumPy write them so, and both unpack whatever an archive says: some megabytes could become terabytes.
`bundle.check_file` asks before anything reads them.
"""

from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile, ZipFile

SUFFIXES = frozenset({".skops", ".npz"})


def archive_fault(path: Path) -> str:
    """What makes this no archive of a bundle; nothing where it is one."""
    try:
        with ZipFile(path) as archive:
            files = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
        return f"cannot be read: {type(error).__name__}: {error}"
    if packed := [file for file in files if file.compress_type != ZIP_STORED]:
        return f"is compressed ({sum(file.file_size for file in packed)} bytes); a bundle's archives are stored"
    if (whole := sum(file.file_size for file in files)) > path.stat().st_size:
        return f"says that it holds {whole} bytes and has {path.stat().st_size}"
    return ""

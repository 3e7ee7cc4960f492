"""What a search has found, kept beside its trials under the name that it was given: on a cluster `search --study` and
`train --study` share no disk."""

from pathlib import Path
from tempfile import TemporaryDirectory

from churn_models.ensemble_spec import EnsembleSpec, load_ensemble
from churn_models.feature_schema import FeatureSchema

from churn_training.errors import SearchImpossible
from churn_training.progress import say
from churn_training.search.study_storage import opened_study

_FILES = ("ensemble.yaml", "schema.yaml")
_ATTRIBUTE = "found"


def keep_found(address: str, study: str, folder: Path) -> None:
    """Both files of the folder, in place of what was kept before. Raises SearchImpossible, StudyUnavailable."""
    files = {name: (folder / name).read_text(encoding="utf-8") for name in _FILES}
    with opened_study(address, study) as opened:
        opened.set_user_attr(_ATTRIBUTE, files)


Found = tuple[EnsembleSpec, FeatureSchema]


def found_by(study: str, storage: str | None, written: Found | None) -> Found:
    """What the search of that name has found, else what a person has `written`, where that will do.

    Raises SearchImpossible, StudyUnavailable, SpecError.
    """
    if storage is None:
        raise SearchImpossible("--study needs --storage: where the trials of that search are kept")
    if found := load_found(storage, study):
        say(f"the ensemble is what the search {study} has found")
        return found
    if written is None:
        raise SearchImpossible(f"the search {study} has found nothing: `search --study {study}` comes first")
    say(f"the search {study} has found nothing: the ensemble is as written")
    return written


def load_found(address: str, study: str) -> Found | None:
    """What was kept last; None where nothing was. Raises SearchImpossible, StudyUnavailable, SpecError."""
    with opened_study(address, study) as opened:
        files: dict[str, str] | None = opened.user_attrs.get(_ATTRIBUTE)
    if files is None:
        return None
    with TemporaryDirectory() as folder:
        for name in _FILES:
            (Path(folder) / name).write_text(files[name], encoding="utf-8")
        return load_ensemble(Path(folder))

"""mlserver-sklearn for skops files: the stock runtime reads joblib, which would run code from the file."""

from pathlib import Path

from churn_models.scoring.trusted_types import load_skops
from mlserver.utils import get_model_uri
from mlserver_sklearn import SKLearnModel


class SkopsModel(SKLearnModel):  # type: ignore[misc]  # mlserver-sklearn is untyped
    """The stock scikit-learn runtime on a skops file."""

    async def load(self) -> bool:
        """Read the member. Raises TypeUntrusted or MemberUnreadable."""
        self._model = load_skops(Path(await get_model_uri(self._settings)))
        return True

"""What pods and operator say to each other: whoever writes is strict, whoever reads ignores what it does not know.

So either of the two may be the newer one. `traffic` and `drift.report` hold what is said.
"""

from typing import Self

from pydantic import ValidationError

from churn_models.errors import ChurnModelsError
from churn_models.frozen_model import FrozenModel, describe


class AnswerInvalid(ChurnModelsError):
    """What is said is not what was asked for."""


class Said(FrozenModel):
    """Strict for whoever makes one."""

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Ignores what this version does not know. Raises AnswerInvalid."""
        try:
            return cls.model_validate_json(content, extra="ignore")
        except ValidationError as error:
            raise AnswerInvalid(f"not what {cls.__name__} looks like: {describe(error)[:300]}") from error

"""The pydantic settings that every document of this package shares, and how they are read from YAML."""

from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from churn_models.errors import SpecError


class FrozenModel(BaseModel):
    """Immutable, and strict about unknown keys, so that a typing error is never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class YamlModel(FrozenModel):
    """A document that people write by hand."""

    @classmethod
    def from_yaml(cls, path: Path) -> Self:
        """Read and check the file. Raises SpecError naming the file and every fault in it."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise SpecError(f"{path} cannot be read: {error.strerror}") from error
        except yaml.YAMLError as error:
            raise SpecError(f"{path} is not YAML: {error}") from error
        except ValidationError as error:
            raise SpecError(f"{path}: {describe(error)}") from error


def describe(error: ValidationError) -> str:
    """One line per fault: where it is and what is wrong."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'document'}: {fault['msg']}" for fault in error.errors()
    ]
    return "; ".join(faults)

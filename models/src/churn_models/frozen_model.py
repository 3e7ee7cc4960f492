"""The pydantic settings that every document of this package shares, and how they are read from YAML."""

from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from churn_models.errors import SpecError
from churn_models.yaml_faults import faults_in_words


class FrozenModel(BaseModel):
    """Immutable, and strict about unknown keys, so that a typing error is never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class YamlModel(FrozenModel):
    """A document that people write by hand."""

    @classmethod
    def from_yaml(cls, path: Path) -> Self:
        """Read and check the file. Raises SpecError naming the file and every fault in it."""
        try:
            text = path.read_text(encoding="utf-8-sig")
            return cls.model_validate(yaml.safe_load(text))
        except OSError as error:
            raise SpecError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SpecError(f"{path} is not UTF-8 text: save it as UTF-8") from error
        except yaml.YAMLError as error:
            raise SpecError(f"{path} is not YAML: {error}") from error
        except ValidationError as error:
            raise SpecError(f"{path}: {faults_in_words(error, text)}") from error


def describe(error: ValidationError) -> str:
    """One line per fault: where it is and what is wrong."""
    faults = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'document'}: {fault['msg']}" for fault in error.errors()
    ]
    return "; ".join(faults)

"""No pickle, joblib or dill is written or read by our code: its imports and calls are searched."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for name in ("models", "training", "runtimes", "operator") for path in ROOT.glob(f"{name}/src/**/*.py")
)
FORBIDDEN_MODULES = {"pickle", "_pickle", "cPickle", "cloudpickle", "joblib", "dill", "shelve", "marshal"}
FORBIDDEN_CALLS = {"read_pickle", "to_pickle"}


def code_formats(source: str) -> set[str]:
    """The forbidden modules and calls in a source text, and any `allow_pickle` that is not False."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {name.name.split(".")[0] for name in names} & FORBIDDEN_MODULES
            case ast.ImportFrom(module=str(module)):
                found |= {module.split(".")[0]} & FORBIDDEN_MODULES
            case ast.Attribute(attr=attribute):
                found |= {attribute} & FORBIDDEN_CALLS
            case ast.keyword(arg="allow_pickle", value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    found.add("allow_pickle")
    return found


def test_there_are_sources_to_search() -> None:
    assert len(SOURCES) > 40


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_our_code_has_none(path: Path) -> None:
    assert code_formats(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pickle", "pickle"),
        ("import joblib.numpy_pickle as x", "joblib"),
        ("from dill import loads", "dill"),
        ("pd.read_pickle('x')", "read_pickle"),
        ("np.load('x', allow_pickle=True)", "allow_pickle"),
    ],
)
def test_a_planted_one_is_found(source: str, found: str) -> None:
    assert code_formats(source) == {found}

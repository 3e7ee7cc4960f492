"""Builds the compiled code: the evaluator and the stream's reader of rows.

Not in pyproject.toml, as only NumPy can say where its headers are.
"""

import numpy
from setuptools import Extension, setup

_HEADERS = ("table", "derive", "walk", "score", "blocks", "shap", "tops", "build")
_COMMON = {
    "define_macros": [("Py_LIMITED_API", "0x030B0000")],
    "extra_compile_args": [
        "-std=c99",
        "-O3",
        "-Wall",
        "-Wextra",
        "-Werror=implicit-function-declaration",
        "-ffp-contract=off",
    ],
    "py_limited_api": True,
    # A machine without a compiler serves through the members' own libraries, and reads rows in Python.
    "optional": True,
}

setup(
    ext_modules=[
        Extension(
            "churn_runtimes.evaluator._flat_trees",
            sources=["src/churn_runtimes/evaluator/_flat_trees.c"],
            depends=[f"src/churn_runtimes/evaluator/{name}.h" for name in _HEADERS],
            include_dirs=[numpy.get_include()],
            libraries=["m"],
            **_COMMON,
        ),
        Extension("churn_runtimes.stream._usual_rows", sources=["src/churn_runtimes/stream/_usual_rows.c"], **_COMMON),
    ]
)

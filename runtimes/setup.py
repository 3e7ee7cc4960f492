"""Builds the compiled half of the evaluator; not in pyproject.toml, as only NumPy can say where its headers are."""

import numpy
from setuptools import Extension, setup

_HEADERS = ("table", "derive", "walk", "score", "blocks", "shap", "tops", "build")

setup(
    ext_modules=[
        Extension(
            "churn_runtimes.evaluator._flat_trees",
            sources=["src/churn_runtimes/evaluator/_flat_trees.c"],
            depends=[f"src/churn_runtimes/evaluator/{name}.h" for name in _HEADERS],
            include_dirs=[numpy.get_include()],
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            extra_compile_args=[
                "-std=c99",
                "-O3",
                "-Wall",
                "-Wextra",
                "-Werror=implicit-function-declaration",
                "-ffp-contract=off",
            ],
            libraries=["m"],
            py_limited_api=True,
            # A machine without a compiler serves through the members' own libraries.
            optional=True,
        )
    ]
)

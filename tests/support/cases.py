"""Kinds of data and addresses that people met elsewhere, each with its right answer: how many of ours are right.

A test or parameter marked `@pytest.mark.case("name")` belongs to the case of that name; a case is right when all its
tests pass. tests/conftest.py registers the tally, which records `cases_right` and `cases_tried` where any was run.
"""

import pytest
from support.figures import record

_PROPERTY = "case"


class CaseTally:
    """Counts cases over all workers: the marks travel as properties of the reports."""

    def __init__(self) -> None:
        self._right: dict[str, bool] = {}

    @pytest.hookimpl
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the case of each test where its report carries it."""
        for item in items:
            item.user_properties += [(_PROPERTY, mark.args[0]) for mark in item.iter_markers(_PROPERTY)]

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A case stays right as long as every phase of its tests passes."""
        for name, case in report.user_properties:
            if name == _PROPERTY:
                self._right[str(case)] = self._right.get(str(case), True) and report.passed

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Record the figures, in the process that hears of every test."""
        if self._right and not hasattr(session.config, "workerinput"):
            tried = len(self._right)
            record("cases_tried", tried, "cases", ">= 1")
            record("cases_right", sum(self._right.values()), "cases", f">= {tried}")

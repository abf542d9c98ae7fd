"""Runs the tests of a plugin: test cases of `unittest`, and plain functions `test_…`."""

from __future__ import annotations

import inspect
import sys
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

PATTERN = "test*.py"


class _Loader(unittest.TestLoader):
    """Finds functions, too, which `unittest` leaves out."""

    def loadTestsFromModule(  # noqa: N802
        self, module: ModuleType, *args: Any, **named: Any
    ) -> unittest.TestSuite:
        suite = super().loadTestsFromModule(module, *args, **named)
        for name, found in vars(module).items():
            if not name.startswith("test") or not inspect.isfunction(found):
                continue
            # What is imported is tested where it is written.
            if found.__module__ == module.__name__:
                suite.addTest(_case(found))
        return suite


def _case(found: Any) -> unittest.TestCase:
    wants = ", ".join(inspect.signature(found).parameters)
    if not wants:
        return unittest.FunctionTestCase(found)

    def refuse() -> None:
        raise TypeError(
            f"{found.__name__} takes {wants}, but nothing gives it: call it without parameters, "
            "or run the tests with pytest"
        )

    return unittest.FunctionTestCase(refuse, description=found.__name__)


def run(folder: Path) -> bool:
    """Runs all tests in a folder, and returns whether there were some and all passed."""
    place = str(folder.resolve())
    suite = _Loader().discover(place, PATTERN, place)
    if not suite.countTestCases():
        print(
            f"error: there are no tests in {folder.resolve()}: write functions test_…, or classes "
            "of unittest.TestCase, into a file such as test_plugin.py",
            file=sys.stderr,
        )
        return False
    return unittest.TextTestRunner(verbosity=0).run(suite).wasSuccessful()

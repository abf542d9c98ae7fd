"""How the tests of a plugin are found and run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CASE = """\
import unittest
class A(unittest.TestCase):
    def test_a(self): self.assertEqual({}, 1)
"""


def run(**files: str) -> tuple[int, str]:
    """Runs the tests in a folder with these modules, and returns the exit code and what is said."""
    with tempfile.TemporaryDirectory() as place:
        for name, text in files.items():
            (Path(place) / f"{name}.py").write_text(text)
        command = [sys.executable, "-m", "tenon_sdk", "test"]
        ran = subprocess.run(command, cwd=place, capture_output=True, text=True)
    return ran.returncode, ran.stderr


class Tests(unittest.TestCase):
    def test_no_tests_are_a_failure(self) -> None:
        for files in [{}, {"test_plugin": "def tets(): pass\n"}, {"other": "def test_a(): pass\n"}]:
            code, said = run(**files)
            self.assertEqual(code, 1)
            self.assertIn("error: there are no tests in ", said)
            self.assertIn("write functions test_…", said)

    def test_functions_and_cases_are_both_run(self) -> None:
        function = "\nfrom plugin import double, test_data\ndef test_b(): assert double(1) == {}\n"
        plugin = "def double(n): return 2 * n\ndef test_data(): raise OSError\n"
        for a, b, want in [(1, 2, 0), (1, 3, 1), (2, 2, 1)]:
            code, said = run(plugin=plugin, test_plugin=CASE.format(a) + function.format(b))
            self.assertEqual(code, want, said)
            self.assertIn("Ran 2 tests", said)

    def test_what_nothing_gives_is_said(self) -> None:
        code, said = run(test_plugin="def test_a(tmp_path): pass\n")
        self.assertEqual(code, 1)
        self.assertIn("test_a takes tmp_path, but nothing gives it", said)

    def test_a_module_that_cannot_be_loaded_is_a_failure(self) -> None:
        code, said = run(test_plugin="import nothing_here\n")
        self.assertEqual(code, 1)
        self.assertIn("No module named 'nothing_here'", said)


if __name__ == "__main__":
    unittest.main()

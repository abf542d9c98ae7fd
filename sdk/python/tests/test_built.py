"""A component as it is built: what it exports, and what the build leaves behind."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PLUGIN = """\
from tenon_sdk import Plugin

plugin = Plugin(name="demo", version="0.1.0", summary="x")


@plugin.action
def same(given: str) -> str:
    return given
"""


class Built(unittest.TestCase):
    def test_a_component_exports_what_the_plugin_is_and_its_folder_stays_as_it_was(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            (folder / "plugin.py").write_text(PLUGIN)
            subprocess.run(
                [sys.executable, "-B", "-m", "tenon_sdk", "build"],
                cwd=folder,
                check=True,
                capture_output=True,
            )
            self.assertEqual(sorted(p.name for p in folder.iterdir()), ["demo.wasm", "plugin.py"])
            component = (folder / "demo.wasm").read_bytes()
        # One export, by its name.
        self.assertIn(b"\x01\x00\x19tenon:plugin/action@1.0.0\x05", component)
        self.assertNotIn(b"\x01\x00\x07exports\x05", component)


if __name__ == "__main__":
    unittest.main()

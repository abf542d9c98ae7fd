"""The build: what it appends, and what it says about mistakes. No component is built."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tenon_sdk._build import WIT, contract
from tenon_sdk._section import append, leb

REPOSITORY = Path(__file__).parents[3]


def check(text: str) -> str:
    """Runs the check on a module, and returns what it prints."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "plugin.py").write_text(text)
        ran = subprocess.run(
            [sys.executable, "-m", "tenon_sdk", "check"],
            cwd=place,
            capture_output=True,
            text=True,
        )
    return ran.stderr if ran.returncode else ran.stdout


def whole(requests: str, body: str, imports: str = "") -> str:
    return (
        f"from tenon_sdk import Plugin, Request\n{imports}\n"
        f"plugin = Plugin(name='demo', version='0.1.0', summary='x', requests=[{requests}])\n{body}"
    )


KV = "from tenon_sdk import kv"
ACTION = "@plugin.action\ndef a(input: str) -> list[str]:\n    return kv.list()\n"


class Build(unittest.TestCase):
    def test_the_contract_in_the_package_is_that_of_the_repository(self) -> None:
        for path in (REPOSITORY / "wit/tenon-plugin@1.0.0").glob("*.wit"):
            self.assertEqual((WIT / path.name).read_text(), path.read_text(), path.name)
        version, interfaces = contract()
        self.assertEqual(version, "1.0.0")
        self.assertLessEqual({"action", "resource", "kv", "types"}, set(interfaces))

    def test_a_section_is_appended_as_the_format_asks(self) -> None:
        self.assertEqual(leb(300), b"\xac\x02")
        self.assertEqual(append(b"\x09", "ab", "xyz"), b"\x09\x00\x06\x02abxyz")

    def test_a_good_module_is_described(self) -> None:
        said = check(whole("Request('kv', 'r', ['9'])", ACTION, KV))
        self.assertEqual(said, "plugin   demo 0.1.0\nis       action\nasks for kv 9\n")

    def test_each_mistake_is_named_with_the_way_out(self) -> None:
        for text, part in [
            (whole("", ACTION, KV), "uses kv, but does not ask for it: add Request('kv'"),
            (whole("Request('http', 'r')", ACTION.replace("kv.list()", "[]")), "does not use it"),
            (whole("Request('kv', '')", ACTION, KV), "asks for kv without a reason"),
            (whole("", ""), "demo is nothing yet"),
            ("x = 1", "plugin.py has no plugin: write `plugin = Plugin(…)`"),
            ("import nothing_here", "No module named 'nothing_here'"),
            ("plugin = (", "SyntaxError"),
        ]:
            self.assertIn(part, check(text))


if __name__ == "__main__":
    unittest.main()

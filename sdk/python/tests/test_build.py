"""The build: what it appends, and what it says about mistakes. No component is built."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tenon_sdk._build import WIT, contract
from tenon_sdk._frames import of_component
from tenon_sdk._section import append, leb, without_setup

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
USED = "from tenon_sdk import {}"
MODEL = "@plugin.service('model')\nclass M:\n    def chat(self, r):\n        return {}\n"
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
            ("raise SystemExit", "it ends the program while it is loaded"),
            (whole("Request('http', 'r', parameters='GET a')", ACTION), "plugin.py:3: the parame"),
            (whole("", ACTION.replace("input: str", "input: bytes")), "'a': input is bytes"),
        ]:
            self.assertIn(part, check(text))

    def test_what_describes_requests_may_ask_for_http_without_using_it(self) -> None:
        http = "Request('http', 'r', ['POST api.example.com'])"
        self.assertIn("asks for http POST api.example.com\n", check(whole(http, MODEL)))
        self.assertIn("asks for kv, but does not use it", check(whole("Request('kv', 'r')", MODEL)))
        bare = check(whole("Request('http', 'r')", MODEL))
        self.assertIn("asks for http without saying of what", bare)

    def test_what_is_granted_part_by_part_must_be_named(self) -> None:
        for name, example in [
            ("blob", "reports"),
            ("http", "GET api.example.com"),
            ("kernel", "GET /api/v1/runs/*"),
            ("process", "git"),
            ("secret-reveal", "DEPLOY_TOKEN"),
            ("secret-store", "DEPLOY_TOKEN"),
            ("tcp", "db.example.com:5432"),
        ]:
            imports = USED.format(name.replace("-", "_"))
            action = ACTION.replace("kv.list()", "[]")
            # What is revealed is a secret of the store.
            more = "Request('secret-store', 'r', ['A'])" if name == "secret-reveal" else ""
            said = check(whole(f"Request({name!r}, 'r'), {more}", action, imports))
            want = f"such as Request({name!r}, …, parameters=[{example!r}])"
            self.assertIn(f"asks for {name} without saying of what: name what it needs", said)
            self.assertIn(want, said)
            said = check(whole(more, action, imports))
            want = f"add Request({name!r}, reason=…, parameters=[{example!r}]) to its requests"
            self.assertIn(want, said)

    def test_errors_at_the_start_show_the_frames_of_the_author(self) -> None:
        said = check("import json\ndef read():\n    return json.loads('{')\nread()\n")
        self.assertIn("plugin.py cannot be loaded: json.decoder.JSONDecodeError: Expecting", said)
        self.assertIn('plugin.py", line 4, in <module>', said)
        self.assertIn('plugin.py", line 3, in read', said)
        for other in ["importlib", "_describe.py", "decoder.py", "runpy"]:
            self.assertNotIn(other, said)

    def test_errors_inside_of_the_component_show_the_frames_of_the_author(self) -> None:
        said = """Traceback (most recent call last):
  File "/venv/bin/componentize-py", line 8, in <module>
    sys.exit(script())
AssertionError: Traceback (most recent call last):
  File "/0/tenon_entry.py", line 1, in <module>
    from plugin import plugin
  File "/1/plugin.py", line 10, in <module>
    boom()
    ~~~~^^
  File "/python/json/decoder.py", line 2, in boom
    raise
RuntimeError: no


Caused by:
    RuntimeError: no
"""
        want = """Traceback (most recent call last):
  File "/home/me/plugin.py", line 10, in <module>
    boom()
    ~~~~^^
RuntimeError: no"""
        self.assertEqual(of_component(said, ["/tmp/x", "/home/me"]), want)
        self.assertEqual(of_component("error: no world\n", []), "error: no world")

    def test_what_the_tool_exports_for_itself_is_removed(self) -> None:
        head = b"\0asm\x0d\0\x01\0"
        setup, other = b"\x0b\x0d\x01\0\x07exports\x05\x1d\0", b"\x0b\x07\x01\0\x01a\x05\x1e\0"
        self.assertEqual(
            without_setup(head + setup + other), head + b"\x05\x03\x01\x01\0" + other
        )
        self.assertEqual(without_setup(head + other), head + other)


if __name__ == "__main__":
    unittest.main()

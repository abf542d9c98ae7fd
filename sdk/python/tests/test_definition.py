"""Slips in the definition of a plugin: each is refused with its place and what was meant."""

from __future__ import annotations

import re
import unittest
from typing import Any

from tenon_sdk import Plugin, Request, TenonError
from tenon_sdk._build import WIT
from tenon_sdk._definition import DefinitionError
from tenon_sdk._plugin import CAPABILITIES, SERVICES

# What type checkers would refuse is what is tried here.
MakePlugin: Any = Plugin
MakeRequest: Any = Request


def plugin(**more: Any) -> Any:
    return MakePlugin(**{"name": "demo", "version": "0.1.0", "summary": "x", **more})


def cls(*names: str) -> type:
    return type("Work", (), {name: lambda self, given: given for name in names})


class Slips(unittest.TestCase):
    def test_each_slip_is_refused_with_its_place_and_what_was_meant(self) -> None:
        cases: list[tuple[Any, str]] = [
            (lambda: plugin(sumary="x"), "Plugin has no 'sumary'; did you mean 'summary'?"),
            (lambda: plugin(xyz="x"), "Plugin has no 'xyz'; there are: name, version, summary"),
            (lambda: MakePlugin(name="a"), "Plugin: missing a required argument: 'version'"),
            (lambda: plugin(summary=""), "the summary of the plugin must be a text, but is ''"),
            (lambda: plugin(requests=MakeRequest("kv", "r")), "requests of the plugin must be"),
            (lambda: plugin(requests=["kv"]), "must be a Request(…), but one is 'kv'"),
            (lambda: plugin(state_version="1"), "state_version must be a number"),
            (lambda: plugin(config=set[str]), "the configuration is set[str]"),
            (
                lambda: MakeRequest("http", "r", parameter=["GET a"]),
                "Request has no 'parameter'; did you mean 'parameters'?",
            ),
            (
                lambda: MakeRequest("http", "r", parameters="GET a"),
                "the parameters of Request('http') must be a list, but is a text: write ['GET a']",
            ),
            (lambda: MakeRequest("kv", "r", [5]), "each of the parameters"),
            (lambda: MakeRequest("secret_store", "r"), "did you mean 'secret-store'?"),
            (lambda: MakeRequest("htpp", "r"), "the contract has no 'htpp'; did you mean 'http'?"),
            (lambda: MakeRequest("kv"), "Request: missing a required argument: 'reason'"),
            (lambda: plugin().action(nmae="x"), "has no 'nmae'; did you mean 'name'?"),
            (lambda: plugin().action("x"), "write @plugin.action(name='x')"),
            (lambda: plugin().action(cls("satrt")), "did you mean 'start'?"),
            (lambda: plugin().action(cls("begin")), "the action Work lacks the function 'start'"),
            (lambda: plugin().action(cls("start", "cancle")), "did you mean 'cancel'?"),
            (lambda: plugin().launcher(cls("start", "resum")), "did you mean 'resume'?"),
            (lambda: plugin().resource("a", sorce=str), "did you mean 'source'?"),
            (lambda: plugin().resource("a", version=bytes), "the resource 'a': version is bytes"),
            (lambda: plugin().resource("a")(cls("check", "get")), "lacks the function 'put'"),
            (lambda: plugin().language("*.x")(cls("compile", "dirve")), "did you mean 'drive'?"),
            (lambda: plugin().language()(cls("compile", "drive")), "write @plugin.language("),
            (lambda: plugin().language(cls()), "must be a text, but is Work"),
            (lambda: plugin().service("notifer"), "did you mean 'notifier'?"),
            (lambda: plugin().service("notifier")(cls("sned")), "did you mean 'send'?"),
            (lambda: plugin().service("cache")(cls()), "the cache has none of its functions: find"),
            (lambda: plugin().gateway("/a", anonymus=True), "did you mean 'anonymous'?"),
            (lambda: plugin().gateway("/a")(cls("hande")), "did you mean 'handle'?"),
        ]
        for call, message in cases:
            with self.subTest(message), self.assertRaises(DefinitionError) as caught:
                call()
            self.assertIn(message, str(caught.exception))

    def test_a_second_thing_of_a_name_does_not_replace_the_first(self) -> None:
        made = plugin()
        made.action(name="a")(cls("start"))
        with self.assertRaisesRegex(DefinitionError, "two actions 'a'"):
            made.action(name="a")(cls("start"))
        made.launcher(cls("start"))
        with self.assertRaisesRegex(DefinitionError, "a plugin has one launcher"):
            made.launcher(cls("start"))

    def test_functions_for_oneself_are_left_alone(self) -> None:
        made = plugin()
        made.service("notifier")(cls("send", "sender", "body"))
        made.action(cls("start", "_cancelled", "describe"))
        self.assertEqual(made.kinds(), ["action", "notifier"])


class Contract(unittest.TestCase):
    def test_what_is_known_here_is_what_the_contract_has(self) -> None:
        text = (WIT / "services.wit").read_text()
        for kind, functions in SERVICES.items():
            body = text.partition(f"\ninterface {kind} {{")[2].partition("\n}")[0]
            self.assertEqual(tuple(re.findall(r"^  %?([a-z-]+): func", body, re.M)), functions)
        text = (WIT / "capabilities.wit").read_text()
        interfaces = re.findall(r"^interface (\S+) \{", text, re.M)
        self.assertEqual(sorted({*interfaces} - {"config", "context", "log"}), list(CAPABILITIES))

    def test_there_is_a_function_for_each_code(self) -> None:
        text = (WIT / "types.wit").read_text()
        told = text.partition("`code` is one of")[2].partition("code: string")[0]
        codes = re.findall(r"^  ///.*", told, re.M)
        found = re.findall(r"`([a-z-]+)`", " ".join(codes))
        self.assertEqual(len(found), 11)
        for code in found:
            error = getattr(TenonError, code.replace("-", "_"))("no")
            self.assertEqual((error.code, error.message), (code, "no"))
        self.assertEqual(TenonError.unavailable("later", 5).retry_after_ms, 5)


if __name__ == "__main__":
    unittest.main()

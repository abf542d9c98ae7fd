"""What the component exports, called as the host calls it, on doubles of the host."""

from __future__ import annotations

import json
import sys
import types
import unittest
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypedDict

from tenon_sdk import (
    Event,
    Plugin,
    ProcessEnded,
    Request,
    ResourceRequest,
    Step,
    TenonError,
    blob,
    errored,
    failed,
    http,
    kernel,
    keyring,
    kv,
    log,
    process,
    secret_reveal,
    secret_store,
    tcp,
    wait,
)
from tenon_sdk._schema import decode, encode, schema
from tenon_sdk.config import config
from tenon_sdk.testing import Answer, Dialled, host, reset
from tenon_sdk.workspace import Volume


class Err(Exception):
    """What the engine of components wants to be raised."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


@dataclass
class WitStep:
    done: str | None
    state: bytes
    wake_after_ms: int | None


@dataclass
class WitError:
    code: str
    message: str
    retry_after_ms: int | None
    detail: list[tuple[str, str]]


@dataclass
class WitEvent:
    kind: str
    handle: str | None = None
    data: str = "{}"


def module(name: str, **items: Any) -> None:
    """Puts a module in place that the engine of components would generate."""
    made = types.ModuleType(name)
    vars(made).update(items)
    sys.modules[name] = made


module("componentize_py_types", Err=Err)
module("tenon_sdk.testing.types", Error=WitError)
module("tenon_sdk.testing.machine", Step=WitStep)

from tenon_sdk._component import exports  # noqa: E402


@dataclass
class Config:
    prefix: Annotated[str, "Put before."] = "#"


plugin = Plugin(
    name="demo",
    version="1.2.3",
    summary="Shows everything.",
    config=Config,
    requests=[Request("kv", "Counts.", ["1024"])],
)


@dataclass
class Counter:
    name: Annotated[str, "Which counter."]
    step: int = 1


@plugin.action
def count(counter: Counter) -> str:
    """Counts up.

    And more.
    """
    log.info(f"counting {counter.name}")
    item = kv.get(counter.name)
    number = (item.value if item else 0) + counter.step
    kv.set(counter.name, number, item.version if item else 0)
    return f"{config(Config).prefix}{number}"


@dataclass
class Running:
    program: str


@plugin.action
class Run:
    """Runs a program."""

    def start(self, input: dict[str, str]) -> Step:
        process.start("main", input["program"], ["-l"], env={"A": "secret:A"})
        return wait(Running(input["program"]), 1500)

    def resume(self, state: Running, event: Event) -> Any:
        if isinstance(event, ProcessEnded):
            return event.stdout if event.code == 0 else failed(f"{state.program} said no")
        return errored(type(event).__name__)


@plugin.action
def bug(input: Any) -> Any:
    return input["x"]


@plugin.action
def fetch(url: str) -> Any:
    return http.send(url, json={"a": 1}).json()


class Version(TypedDict):
    n: int


@dataclass
class Source:
    url: str
    kind: Literal["a", "b"] = "a"


@plugin.resource("demo", source=Source, version=Version)
class Demo:
    """Versions."""

    def check(self, request: ResourceRequest[Source, Version]) -> Any:
        return {"versions": [request.version, {"n": 1}]}

    def get(self, request: ResourceRequest[Source, Version]) -> Any:
        assert request.volume is not None
        Volume(request.volume).write("a/b", request.source.url)
        return {"version": request.version, "metadata": []}

    def put(self, request: ResourceRequest[Source, Version]) -> Any:
        return {"version": {"n": 2}}


made = {name: kind() for name, kind in exports(plugin).items()}


def said(call: Any, *values: Any) -> WitError:
    """Returns the error of the contract that a call raises."""
    try:
        call(*values)
    except Err as err:
        return err.value  # type: ignore[no-any-return]
    raise AssertionError("it did not raise")


def output(step: WitStep) -> Any:
    return json.loads(step.done or "null")["output"]


class Machines(unittest.TestCase):
    def setUp(self) -> None:
        reset()

    def test_what_a_function_returns_is_the_output_of_a_success(self) -> None:
        host.config = {"prefix": "no. "}
        made["action"].start("count", '{"name":"a"}')
        self.assertEqual(output(made["action"].start("count", '{"name":"a","step":2}')), "no. 3")
        self.assertEqual(host.logs, ["info: counting a"] * 2)

    def test_an_action_waits_and_goes_on_with_its_state(self) -> None:
        step = made["action"].start("run", '{"program":"ls"}')
        self.assertEqual((step.done, step.wake_after_ms), (None, 1500))
        self.assertEqual(host.effects[0]["args"], ["-l"])
        good = WitEvent("process-ended", "main", '{"code":0,"stdout":"ok"}')
        self.assertEqual(output(made["action"].resume(step.state, good)), "ok")
        bad = made["action"].resume(step.state, WitEvent("process-ended", "main", '{"code":1}'))
        self.assertEqual(json.loads(bad.done)["message"], "ls said no")

    def test_an_event_of_a_later_contract_changes_nothing(self) -> None:
        step = made["action"].resume(b"{}", WitEvent("eclipse"))
        self.assertEqual((step.done, step.state), (None, b"{}"))

    def test_mistakes_become_errors_of_the_contract(self) -> None:
        start = made["action"].start
        for text, part in [
            ("{", "failed to read the input"),
            ("{}", "the input lacks 'name'"),
            ('{"name":1}', "the input.name must be a string, but is 1"),
            ('{"name":"a","stpe":1}', "the input has no 'stpe'; it has: name, step"),
        ]:
            error = said(start, "count", text)
            self.assertEqual(error.code, "invalid")
            self.assertIn(part, error.message)
        self.assertIn("there are: count, run", said(start, "none", "{}").message)
        self.assertRegex(said(start, "bug", "{}").message, r"KeyError: 'x' \(test_component.py:\d+")
        self.assertEqual(said(made["resource"].resume, b"1", WitEvent("wake")).code, "internal")

    def test_a_refusal_of_the_host_reaches_the_author_as_an_error(self) -> None:
        self.assertEqual(said(made["action"].start, "fetch", '"http://a/"').code, "denied")
        host.http = lambda method, url, headers, body: Answer(
            200, json.dumps([method, url, headers, body.decode()])
        )
        want = ["POST", "http://a/", [["content-type", "application/json"]], '{"a": 1}']
        self.assertEqual(output(made["action"].start("fetch", '"http://a/"')), want)
        with self.assertRaises(TenonError) as caught:
            kv.set("a", 1, seen=7)
        self.assertEqual(caught.exception.code, "conflict")

    def test_a_resource_gets_typed_sources_and_versions(self) -> None:
        request = '{"source":{"url":"u"},"version":{"n":0},"volume":"v"}'
        step = made["resource"].check(request)
        self.assertEqual(output(step), {"versions": [{"n": 0}, {"n": 1}]})
        made["resource"].get(request)
        self.assertEqual(host.volumes["v"]["a/b"], b"u")
        error = said(made["resource"].check, '{"source":{"url":"u","kind":"c"}}')
        self.assertIn('the source.kind must be one of ["a", "b"]', error.message)


    def test_secrets_are_references_until_they_are_revealed(self) -> None:
        host.secrets = {"TOKEN": "abc"}
        secret = secret_store.get("TOKEN")
        self.assertEqual(secret.reference, "((secret:TOKEN))")
        self.assertEqual(secret_reveal.reveal(secret), "abc")
        with self.assertRaises(TenonError):
            secret_store.get("OTHER")

    def test_sealed_bytes_are_bound_and_the_api_is_called(self) -> None:
        self.assertEqual(keyring.open(b"a", keyring.seal(b"a", b"plain")), b"plain")
        with self.assertRaises(TenonError):
            keyring.open(b"b", keyring.seal(b"a", b"plain"))
        host.kernel = lambda method, path, body: Answer(200, json.dumps([method, path]))
        self.assertEqual(kernel.call("GET", "/api/v1/runs"), (200, ["GET", "/api/v1/runs"]))


    def test_blobs_are_there_once_they_are_finished(self) -> None:
        bucket = blob.Bucket("reports")
        self.assertEqual(bucket.put("a/b", "hello"), blob.Info("a/b", 5, 0))
        bucket.put("a/c", b"x" * (1 << 20))
        self.assertEqual(bucket.get("a/b"), b"hello")
        self.assertEqual(len(bucket.get("a/c")), 1 << 20)
        self.assertEqual(bucket.read("a/b", 1, 2), b"el")
        with self.assertRaises(ZeroDivisionError), bucket.upload("a/d") as upload:
            upload.write(str(1 // 0))
        with bucket.upload("a/e"):
            pass
        self.assertEqual([info.key for info in bucket.list("a/", "a/b")], ["a/c", "a/e"])
        bucket.remove("a/c")
        self.assertIsNone(bucket.info("a/c"))
        with self.assertRaises(TenonError) as caught:
            bucket.get("a/c")
        self.assertEqual(caught.exception.code, "not-found")
        self.assertEqual(host.blobs["reports"], {"a/b": b"hello", "a/e": b""})

    def test_connections_read_what_the_test_has_put_there(self) -> None:
        host.streams = [b"+PONG\r\n"]
        with tcp.Connection("db.example.com", 6379, tls=True) as connection:
            connection.write("PING\r\n")
            self.assertEqual(connection.read_exact(5), b"+PONG")
            self.assertEqual(connection.read(), b"\r\n")
            with self.assertRaisesRegex(TenonError, "ended after 0 of 1 bytes"):
                connection.read_exact(1)
        self.assertEqual(host.dialled, [Dialled("db.example.com", 6379, True, b"PING\r\n")])
        with self.assertRaisesRegex(TenonError, "put one into host.streams"):
            tcp.Connection("db.example.com", 6379)


    def test_a_language_that_returns_one_thing_is_told_what_to_return(self) -> None:
        lines = Plugin(name="lines", version="0.1.0", summary="Lines.")

        @lines.language("*.lines")
        class Lines:
            def compile(self, request: Any) -> Any:
                return {"plan": None}

            def drive(self, program: str, state: Any, events: Any) -> Any:
                return state

        language = exports(lines)["language"]()
        module("wit_world.exports.language")
        error = said(language.compile, "{}")
        self.assertEqual(
            (error.code, error.message),
            ("internal", "`compile` must return the plan and the diagnostics, but returned a dict"),
        )
        self.assertIn("the new state and the commands", said(language.drive, "x", b"", "[]").message)

    def test_a_language_gets_back_its_typed_state_which_is_none_at_first(self) -> None:
        lines = Plugin(name="lines", version="0.1.0", summary="Lines.")

        @lines.language("*.lines")
        class Lines:
            def compile(self, request: Any) -> Any:
                return None, []

            def drive(self, program: str, state: Running | None, events: Any) -> Any:
                return Running(f"{state.program}+" if state else program), []

        language = exports(lines)["language"]()
        module("wit_world.exports.language", Driven=lambda state, commands: state)
        first = language.drive("x", b"", "[]")
        self.assertEqual(json.loads(language.drive("x", first, "[]")), {"program": "x+"})


class Descriptions(unittest.TestCase):
    def test_the_manifest_says_what_the_plugin_is(self) -> None:
        manifest = plugin.manifest("1.0.0")
        self.assertEqual(plugin.kinds(), ["resource", "action"])
        action = manifest["actions"][0]
        self.assertEqual((action["name"], action["summary"]), ("count", "Counts up."))
        self.assertEqual(action["input"]["required"], ["name"])
        self.assertEqual(action["input"]["properties"]["step"], {"type": "integer", "default": 1})
        self.assertEqual(action["output"], {"type": "string"})
        prefix = manifest["config"]["properties"]["prefix"]
        self.assertEqual(prefix, {"type": "string", "description": "Put before.", "default": "#"})

    def test_types_become_schemas_and_values_and_back(self) -> None:
        @dataclass
        class Leaf:
            size: float
            tags: list[str] = field(default_factory=list)

        @dataclass
        class Tree:
            leaves: dict[str, Leaf]
            note: str | None = None

        sys.modules[__name__].__dict__["Leaf"] = Leaf
        value = {"leaves": {"a": {"size": 1, "tags": ["x"]}}}
        tree = decode(Tree, value, "the tree")
        self.assertEqual(tree.leaves["a"], Leaf(1.0, ["x"]))
        self.assertEqual(encode(tree), {"leaves": {"a": {"size": 1.0, "tags": ["x"]}}, "note": None})
        self.assertEqual(schema(Tree)["properties"]["note"], {"type": ["string", "null"]})
        with self.assertRaises(TypeError):
            schema(object())


if __name__ == "__main__":
    unittest.main()

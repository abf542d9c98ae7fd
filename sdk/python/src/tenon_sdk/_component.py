"""Between the contract's functions and those of a plugin: text and bytes there, values here."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

from ._error import TenonError
from ._event import read
from ._frames import place
from ._host import interface
from ._plugin import SERVICES, LaunchSpec, Mount, Plugin, ResourceRequest, last_type, signature
from ._schema import decode, encode
from ._step import Done, Wait

STATE_BYTES_MAX = 256 * 1024
"""What the kernel keeps of a step machine between two calls."""


def exports(plugin: Plugin) -> dict[str, type]:
    """Returns the classes that the component exports, by kind."""
    made: dict[str, type] = {}
    if plugin.the_language is not None:
        made["language"] = _language(plugin.the_language)
    if plugin.the_launcher is not None:
        start = plugin.the_launcher.start
        made["launcher"] = _machine(plugin.the_launcher, {"start": lambda s: start(_spec(s))})
    if plugin.the_resource is not None:
        made["resource"] = _resource(plugin)
    if plugin.actions:
        made["action"] = _actions(plugin)
    for kind in SERVICES:
        if kind in plugin.services:
            made[kind] = _service(kind, plugin.services[kind])
    if plugin.the_gateway is not None:
        made["gateway"] = _gateway(plugin.the_gateway)
    if plugin.the_selftest is not None:
        check = plugin.the_selftest
        made["selftest"] = _class("Selftest", {"check": _guarded(lambda: check() and None)})
    if plugin.the_migration is not None:
        migrate = plugin.the_migration
        made["migration"] = _class(
            "Migration", {"migrate": _guarded(lambda v, s: _bytes(migrate(v, _value(s))))}
        )
    return made


def _class(name: str, functions: dict[str, Callable[..., Any]]) -> type:
    """Returns a class whose methods are `functions`, as the component's engine wants it."""
    methods = {
        key: (lambda call: lambda self, *values: call(*values))(call)
        for key, call in functions.items()
    }
    return type(name, (), methods)


def _guarded(call: Callable[..., Any]) -> Callable[..., Any]:
    """Calls a plugin; whatever it raises becomes an error of the contract."""

    def guarded(*values: Any) -> Any:
        try:
            return call(*values)
        except TenonError as said:
            error = said
        except Exception as bug:
            where = place(bug)
            text = f"{type(bug).__name__}: {bug}"
            error = TenonError.internal(f"{text} ({where})" if where else text)
        raise _refusal(error)

    return guarded


def _refusal(error: TenonError) -> Exception:
    types = interface("types")
    err = importlib.import_module("componentize_py_types").Err
    detail = list(error.detail.items())
    return err(types.Error(error.code, error.message, error.retry_after_ms, detail))


def _machine(plugin: Any, starts: dict[str, Callable[..., Any]]) -> type:
    def resume(state: bytes, event: Any) -> Any:
        happened = read(event)
        if happened is None:
            return interface("machine").Step(None, state, None)
        if not hasattr(plugin, "resume"):
            raise TenonError.internal("this plugin waits for nothing")
        return plugin.resume(_typed(plugin.resume, state), happened)

    def cancel(state: bytes, grace_ms: int) -> Any:
        if not hasattr(plugin, "cancel"):
            raise TenonError.cancelled("the work was cancelled")
        return plugin.cancel(_typed(plugin.cancel, state), grace_ms)

    calls = {**starts, "resume": resume, "cancel": cancel}
    written = {
        name: _guarded((lambda call: lambda *values: _step(call(*values)))(call))
        for name, call in calls.items()
    }
    return _class("Machine", written)


def _typed(call: Callable[..., Any], state: bytes) -> Any:
    return decode(last_type(call, 0), _value(state), "the state")


def _actions(plugin: Plugin) -> type:
    """Actions are one machine; its state remembers which function waits."""

    def find(name: str) -> Any:
        if name not in plugin.actions:
            known = ", ".join(plugin.actions)
            message = f"there is no function {name!r}; there are: {known}"
            raise TenonError.not_found(message)
        return plugin.actions[name].machine

    def named(name: str, answer: Any) -> Any:
        if isinstance(answer, Wait):
            state = {"name": name, "state": encode(answer.state)}
            return Wait(state, answer.wake_after_ms)
        return answer

    def start(name: str, text: str) -> Any:
        work = find(name).start
        given = decode(signature(work)[0], _argument("input of the action", text), "the input")
        return named(name, work(given))

    class Actions:
        def resume(self, state: Any, event: Any) -> Any:
            name, work = state["name"], find(state["name"])
            if not hasattr(work, "resume"):
                raise TenonError.internal(f"the function {name} waits for nothing")
            given = decode(last_type(work.resume, 0), state["state"], "the state")
            return named(name, work.resume(given, event))

        def cancel(self, state: Any, grace_ms: int) -> Any:
            name, work = state["name"], find(state["name"])
            if not hasattr(work, "cancel"):
                raise TenonError.cancelled(f"the function {name} was cancelled")
            given = decode(last_type(work.cancel, 0), state["state"], "the state")
            return named(name, work.cancel(given, grace_ms))

    return _machine(Actions(), {"start": start})


def _resource(plugin: Plugin) -> type:
    kind = plugin.the_resource
    assert kind is not None
    params = {"check": None, "get": kind.get_params, "put": kind.put_params}

    def asked(operation: str) -> Callable[..., Any]:
        def call(text: str) -> Any:
            said = _argument("resource request", text)
            given, version = said.get("params"), said.get("version")
            request: ResourceRequest[Any, Any] = ResourceRequest(
                decode(kind.source, said.get("source") or {}, "the source"),
                given if given is None else decode(params[operation], given, "the parameters"),
                version if version is None else decode(kind.version, version, "the version"),
                said.get("volume"),
                _mounts(said.get("inputs")),
            )
            return getattr(kind.machine, operation)(request)

        return call

    return _machine(kind.machine, {name: asked(name) for name in params})


def _spec(text: str) -> LaunchSpec:
    said = _argument("launch spec", text)
    command = said.get("command", {})
    return LaunchSpec(
        command.get("path", ""),
        command.get("args", []),
        command.get("dir"),
        command.get("user"),
        command.get("nice"),
        command.get("rlimits", {}),
        said.get("env", {}),
        _mounts(said.get("mounts")),
        said.get("image"),
        said.get("limits", {}),
        said.get("privileged", False),
        said.get("stdin"),
        said.get("captureBytes", 0),
        said.get("platform"),
    )


def _mounts(said: Any) -> list[Mount]:
    return [Mount(m["volume"], m["path"], m.get("readOnly", False)) for m in said or []]


def _pair(function: str, answer: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(answer, tuple) or len(answer) != 2:
        found = type(answer).__name__
        raise TenonError.internal(f"`{function}` must return {what}, but returned a {found}")
    return answer


def _language(plugin: Any) -> type:
    def compile(text: str) -> Any:
        wit = importlib.import_module("wit_world.exports.language")
        answer = plugin.compile(_argument("compile request", text))
        plan, diagnostics = _pair("compile", answer, "the plan and the diagnostics")
        remarks = [
            wit.Diagnostic(
                remark["severity"],
                remark["code"],
                remark["message"],
                remark.get("line", 0),
                remark.get("column", 0),
                remark.get("hint"),
            )
            for remark in diagnostics
        ]
        return wit.Compiled(None if plan is None else json.dumps(encode(plan)), remarks)

    def drive(program: str, state: bytes, events: str) -> Any:
        wit = importlib.import_module("wit_world.exports.language")
        kind = last_type(plugin.drive, 1)
        before = decode(kind, _value(state), "the state") if state else None
        answer = plugin.drive(program, before, _argument("events of the run", events))
        after, commands = _pair("drive", answer, "the new state and the commands")
        return wit.Driven(_bytes(after), json.dumps(encode(commands)))

    return _class("Language", {"compile": _guarded(compile), "drive": _guarded(drive)})


def _service(kind: str, plugin: Any) -> type:
    """Each function takes and gives one envelope; those that it lacks are `unsupported`."""

    def asked(name: str) -> Callable[..., Any]:
        def call(text: str) -> str:
            work = getattr(plugin, name, None)
            if work is None:
                raise TenonError.unsupported(f"this plugin cannot {kind}.{name}")
            given = decode(signature(work)[0], _argument("request", text), "the request")
            answer = work(given)
            return json.dumps({} if answer is None else encode(answer))

        return call

    return _class(kind.title(), {name: _guarded(asked(name)) for name in SERVICES[kind]})


def _gateway(plugin: Any) -> type:
    def handle(head: str, body: bytes) -> Any:
        wit = importlib.import_module("wit_world.exports.gateway")
        answer, content = plugin.handle(_argument("request", head), body)
        data = content.encode() if isinstance(content, str) else content
        return wit.Response(json.dumps(encode(answer)), data)

    return _class("Gateway", {"handle": _guarded(handle)})


def _step(answer: Any) -> Any:
    """Writes an answer in the words of the contract. What is no step is a success's output."""
    machine = interface("machine")
    if isinstance(answer, machine.Step):
        return answer
    if isinstance(answer, Wait):
        state = _bytes(answer.state)
        if len(state) > STATE_BYTES_MAX:
            size, limit = len(state), STATE_BYTES_MAX
            message = f"the state has {size} bytes, more than the {limit} that are kept"
            raise TenonError.limit(message)
        return machine.Step(None, state, answer.wake_after_ms)
    end = answer if isinstance(answer, Done) else Done("succeeded", output=answer)
    done = {"status": end.status, "retryable": end.retryable, "output": encode(end.output)}
    if end.message is not None:
        done["message"] = end.message
    return machine.Step(json.dumps(done), b"", None)


def _bytes(value: Any) -> bytes:
    return json.dumps(encode(value)).encode()


def _argument(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as err:
        raise TenonError.invalid(f"failed to read the {what}: {err}") from None


def _value(state: bytes) -> Any:
    try:
        return json.loads(state)
    except ValueError as err:
        message = (
            "failed to read back the state, which another version of the plugin may have "
            f"written: {err}"
        )
        raise TenonError.internal(message) from None

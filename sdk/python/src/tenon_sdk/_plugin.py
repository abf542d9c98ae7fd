"""What a plugin is: one object, from which the SDK makes the manifest and the exports."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args, get_type_hints, overload

from ._definition import DefinitionError, functions, strict, text, texts, unknown
from ._schema import schema, unreadable
from ._step import Done, Wait

S = TypeVar("S")
V = TypeVar("V")
C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

SERVICES = {
    "secrets": ("read", "write", "remove", "list"),
    "cache": ("find", "offer", "commit", "remove", "list", "prune"),
    "model": ("models", "chat", "more", "embed"),
    "identity": ("authorize", "exchange"),
    "webhook": ("receive",),
    "notifier": ("send",),
}
"""The kinds that answer at once: each of their functions takes an envelope and returns one."""

CAPABILITIES = (
    "blob",
    "http",
    "kernel",
    "keyring",
    "kv",
    "output",
    "process",
    "secret-reveal",
    "secret-store",
    "tcp",
    "workspace",
)
"""What a plugin may ask for."""


@dataclass(frozen=True)
class Request:
    """What a plugin wants of one capability, and why."""

    capability: str
    """The name of an interface, such as ``http`` or ``secret-store``."""
    reason: str
    """For the operator who decides."""
    parameters: tuple[str, ...] | list[str] = ()
    """Such as programs, ``METHOD host``, or a size in bytes."""

    def __post_init__(self) -> None:
        place = f"Request({text('the capability of a Request', self.capability)!r})"
        if self.capability not in CAPABILITIES:
            raise unknown("the contract", self.capability, CAPABILITIES)
        if not isinstance(self.reason, str):
            raise DefinitionError(f"the reason of {place} must be a text, but is {self.reason!r}")
        texts(f"the parameters of {place}", self.parameters)


# Set here, so that type checkers still know the arguments.
Request.__init__ = strict("Request")(Request.__init__)  # type: ignore[method-assign]


@dataclass(frozen=True)
class Mount:
    """A volume at a path."""

    volume: str
    path: str
    read_only: bool = False


@dataclass(frozen=True)
class ResourceRequest(Generic[S, V]):
    """What a resource is asked."""

    source: S
    """Where the thing is; strings may hold secret references, which are handed on as they are."""
    params: Any = None
    version: V | None = None
    """check: the last known version, if any. get: the version to fetch."""
    volume: str | None = None
    """get: the volume to fill."""
    inputs: list[Mount] = field(default_factory=list)
    """put: what the earlier steps made, by name."""


@dataclass(frozen=True)
class LaunchSpec:
    """A command to run somewhere."""

    path: str
    args: list[str] = field(default_factory=list)
    directory: str | None = None
    user: str | None = None
    nice: int | None = None
    rlimits: dict[str, int] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)
    image: dict[str, Any] | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    privileged: bool = False
    stdin: str | None = None
    capture_bytes: int = 0
    platform: str | None = None


@dataclass
class ActionKind:
    """A typed function, JSON in and out."""

    name: str
    summary: str
    input: Any
    output: Any
    machine: Any
    """Has `start`, and `resume` and `cancel` if it waits."""


@dataclass
class ResourceKind:
    """Versions of an outside thing."""

    name: str
    summary: str
    source: Any
    get_params: Any
    put_params: Any
    version: Any
    machine: Any


class Plugin:
    """A plugin: what it says of itself, what it asks for, and what it is."""

    @strict("Plugin")
    def __init__(
        self,
        *,
        name: str,
        version: str,
        summary: str,
        requests: list[Request] | None = None,
        config: Any = None,
        state_version: int | None = None,
    ) -> None:
        self.name = text("the name of the plugin", name)
        self.version = text("the version of the plugin", version)
        self.summary = text("the summary of the plugin", summary)
        self.requests = _requests(requests)
        self.config_type = config
        # Refused here, where the author sees it, rather than when the manifest is made.
        schema(config, "the configuration")
        if state_version is not None and type(state_version) is not int:
            raise DefinitionError(f"state_version must be a number, but is {state_version!r}")
        self.state_version = state_version
        self.actions: dict[str, ActionKind] = {}
        self.the_resource: ResourceKind | None = None
        self.the_launcher: Any = None
        self.the_language: Any = None
        self.patterns: list[str] = []
        self.services: dict[str, Any] = {}
        self.the_gateway: Any = None
        self.gateway_path = ""
        self.gateway_anonymous = False
        self.the_selftest: Callable[[], None] | None = None
        self.the_migration: Callable[[int, Any], Any] | None = None

    @overload
    def action(self, work: F) -> F: ...
    @overload
    def action(self, *, name: str) -> Callable[[F], F]: ...
    @strict("plugin.action")
    def action(self, work: Any = None, *, name: str | None = None) -> Any:
        """Adds a function, or a class with `start`, `resume` and `cancel`, as an action.

        Its first line of text is its summary; the types of its parameter and of what it returns are
        its schemas.
        """

        if work is not None and not callable(work):
            raise DefinitionError(f"write @plugin.action(name={work!r}); the name is a keyword")

        def add(work: Any) -> Any:
            is_class = isinstance(work, type)
            if is_class:
                functions(f"the action {work.__name__}", work, ["start"], ["resume", "cancel"])
            machine = work() if is_class else _Plain(work)
            label = text("the name of an action", name or work.__name__.replace("_", "-"))
            label = label.lower() if is_class else label
            if label in self.actions:
                raise DefinitionError(f"there are two actions {label!r}; rename one of them")
            given, returned = _described(label, machine.start)
            self.actions[label] = ActionKind(label, _summary(work), given, returned, machine)
            return work

        return add if work is None else add(work)

    @strict("plugin.resource")
    def resource(
        self,
        name: str,
        *,
        source: Any = None,
        version: Any = None,
        get_params: Any = None,
        put_params: Any = None,
    ) -> Callable[[C], C]:
        """Makes a class with `check`, `get` and `put` the resource; `name` is its `type:`."""

        place = f"the resource {text('the name of the resource', name)!r}"
        for part, kind in [
            ("source", source),
            ("version", version),
            ("get_params", get_params),
            ("put_params", put_params),
        ]:
            schema(kind, f"{place}: {part}")

        def add(work: C) -> C:
            functions(place, work, ["check", "get", "put"], ["resume", "cancel"])
            _once("resource", self.the_resource)
            self.the_resource = ResourceKind(
                name, _summary(work), source, get_params, put_params, version, work()
            )
            return work

        return add

    def launcher(self, work: C) -> C:
        """Makes a class with `start`, `resume` and `cancel` the launcher."""
        functions("the launcher", work, ["start"], ["resume", "cancel"])
        _once("launcher", self.the_launcher)
        self.the_launcher = work()
        return work

    def language(self, *patterns: str) -> Callable[[C], C]:
        """Makes a class with `compile` and `drive` the language for files such as ``*.flow``.

        ``compile(request)`` returns the plan, or none, and a list of diagnostics, each with
        ``severity``, ``code``, ``message`` and maybe ``line``, ``column``, ``hint``.
        ``drive(program, state, events)`` returns the new state and a list of commands; the state is
        none at first.
        """

        place = "the file names of the language"
        if not texts(place, patterns):
            raise DefinitionError(f'{place} are missing: write @plugin.language("*.flow")')

        def add(work: C) -> C:
            functions("the language", work, ["compile", "drive"])
            _once("language", self.the_language)
            self.the_language = work()
            self.patterns = list(patterns)
            return work

        return add

    def service(self, kind: str) -> Callable[[C], C]:
        """Makes a class the plugin of a kind that answers at once, such as ``notifier``."""
        if text("the kind of a service", kind) not in SERVICES:
            raise unknown("plugin.service", kind, SERVICES)

        def add(work: C) -> C:
            known = SERVICES[kind]
            functions(f"the {kind}", work, [], known)
            if not any(hasattr(work, name) for name in known):
                raise DefinitionError(f"the {kind} has none of its functions: {', '.join(known)}")
            _once(kind, self.services.get(kind))
            self.services[kind] = work()
            return work

        return add

    @strict("plugin.gateway")
    def gateway(self, path: str, *, anonymous: bool = False) -> Callable[[C], C]:
        """Makes a class with `handle(head, body)` the gateway, which would like to be at `path`."""

        text("the path of the gateway", path)

        def add(work: C) -> C:
            functions("the gateway", work, ["handle"])
            _once("gateway", self.the_gateway)
            self.the_gateway = work()
            self.gateway_path, self.gateway_anonymous = path, anonymous
            return work

        return add

    def selftest(self, check: F) -> F:
        """Adds a function that raises when the plugin could not do its work."""
        self.the_selftest = check
        return check

    def migration(self, migrate: F) -> F:
        """Adds a function of the old schema version and its state, which returns the new state."""
        self.the_migration = migrate
        return migrate

    def kinds(self) -> list[str]:
        """Returns what the plugin is."""
        found = []
        if self.the_language is not None:
            found.append("language")
        if self.the_launcher is not None:
            found.append("launcher")
        if self.the_resource is not None:
            found.append("resource")
        if self.actions:
            found.append("action")
        found += [kind for kind in SERVICES if kind in self.services]
        return found + (["gateway"] if self.the_gateway is not None else [])

    def extras(self) -> list[str]:
        """Returns the interfaces that it exports beside its kinds."""
        found = ["selftest"] if self.the_selftest else []
        return found + (["migration"] if self.the_migration else [])

    def manifest(self, contract: str) -> dict[str, Any]:
        """Returns what the component says about itself (schema ``manifest.json``)."""
        made: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "summary": self.summary,
            "contract": contract,
            "requests": [
                {"capability": r.capability, "parameters": list(r.parameters), "reason": r.reason}
                for r in self.requests
            ],
            "config": schema(self.config_type),
        }
        if self.state_version is not None:
            made["stateVersion"] = self.state_version
        if self.the_language is not None:
            made["patterns"] = self.patterns
        if self.the_resource is not None:
            kind = self.the_resource
            made["resource"] = {
                "name": kind.name,
                "summary": kind.summary,
                "source": schema(kind.source),
                "getParams": schema(kind.get_params),
                "putParams": schema(kind.put_params),
                "version": schema(kind.version),
            }
        if self.actions:
            made["actions"] = [
                {"name": a.name, "summary": a.summary, "input": a.input, "output": a.output}
                for a in self.actions.values()
            ]
        if self.the_gateway is not None:
            made["gateway"] = {"path": self.gateway_path, "anonymous": self.gateway_anonymous}
        return made


class _Plain:
    """A function as a machine that waits for nothing."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self.start = work


def signature(work: Callable[..., Any]) -> tuple[Any, Any]:
    """Returns the types of the first parameter and of the result; none where nothing is said."""
    names = [name for name in inspect.signature(work).parameters if name != "self"]
    hints = get_type_hints(work, include_extras=True)
    return hints.get(names[0]) if names else None, hints.get("return")


def last_type(work: Callable[..., Any], at: int) -> Any:
    """Returns the type of the parameter number `at`, without `self`."""
    names = [name for name in inspect.signature(work).parameters if name != "self"]
    return get_type_hints(work, include_extras=True).get(names[at]) if len(names) > at else None


def _requests(said: Any) -> list[Request]:
    if not isinstance(said, (list, tuple, type(None))):
        raise DefinitionError(f"the requests of the plugin must be a list, but are {said!r}")
    for each in said or []:
        if not isinstance(each, Request):
            raise DefinitionError(f"each request must be a Request(…), but one is {each!r}")
    return list(said or [])


def _once(kind: str, before: Any) -> None:
    if before is not None:
        raise DefinitionError(f"a plugin has one {kind}, and this is the second")


def _described(label: str, work: Callable[..., Any]) -> tuple[Any, Any]:
    """Returns the schemas of what an action takes and returns."""
    place = f"the action {label!r}"
    said = [p for name, p in inspect.signature(work).parameters.items() if name != "self"]
    if len(said) != 1 or said[0].kind in (said[0].VAR_KEYWORD, said[0].KEYWORD_ONLY):
        names = ", ".join(p.name for p in said) or "none"
        raise DefinitionError(
            f"{place} must take one parameter, its input, but takes {names}: "
            "put what belongs together into a dataclass"
        )
    try:
        given, returned = signature(work)
    except (NameError, TypeError) as err:
        raise unreadable(place, err) from None
    # The output of a step is what the step says.
    is_step = any(kind in (Done, Wait) for kind in (returned, *get_args(returned)))
    return (
        schema(given, f"{place}: {said[0].name}"),
        None if is_step else schema(returned, f"{place}: what it returns"),
    )


def _summary(work: Any) -> str:
    return (inspect.getdoc(work) or "").split("\n\n")[0].replace("\n", " ").strip()

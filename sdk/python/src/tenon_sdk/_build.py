"""From a module to a component."""

from __future__ import annotations

import json
import re
import shutil
import site
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._frames import of_component
from ._section import SECTION, append, without_setup

WIT = Path(__file__).parent / "wit"
FREE = ["config", "context", "log"]
"""What each plugin may use without asking."""
DONE = {"cache": ["blob", "http"], "model": ["http"]}
"""What the kernel does for plugins by their grants: it sends the requests that they describe, and
moves archives from and to the buckets that they name."""
PARTS = {
    "blob": "reports",
    "http": "GET api.example.com",
    "kernel": "GET /api/v1/runs/*",
    "process": "git",
    "secret-reveal": "DEPLOY_TOKEN",
    "secret-store": "DEPLOY_TOKEN",
    "tcp": "db.example.com:5432",
}
"""What is granted part by part, each with an example of one."""

ENTRY = """\
import sys

# The folders of the author stay as they are, and each build reads the sources anew.
sys.dont_write_bytecode = True

from {module} import plugin
from tenon_sdk._component import exports

_made = exports(plugin)
"""


class Problem(Exception):
    """A mistake of the author's: its message is all that is printed."""


@dataclass
class Described:
    """What a plugin says of itself, and what it uses."""

    manifest: dict[str, Any]
    kinds: list[str]
    extras: list[str]
    imports: list[str]


def check(module: str) -> None:
    """Says what the plugin is, and builds nothing."""
    version, interfaces = contract()
    _print(_look(module, version, interfaces))


def build(module: str, out: str | None) -> None:
    """Builds the component."""
    began = time.monotonic()
    version, interfaces = contract()
    described = _look(module, version, interfaces)
    name = described.manifest["name"]
    with tempfile.TemporaryDirectory(prefix="tenon-plugin-") as place:
        component = _componentize(Path(place), Path(module), described, version)
    file = Path(out or f"{name}.wasm")
    whole = append(component, SECTION, json.dumps(described.manifest))
    file.write_bytes(whole)
    _print(described)
    seconds = time.monotonic() - began
    print(f"built    {file}, {len(whole) / 2**20:.1f} MiB, in {seconds:.1f} s")


def contract() -> tuple[str, list[str]]:
    """Reads the version of the contract and the names of its interfaces."""
    text = "".join(path.read_text() for path in sorted(WIT.glob("*.wit")))
    found = re.search(r"^package tenon:plugin@([\d.]+);", text, re.MULTILINE)
    if found is None:
        raise Problem(f"the package is damaged: {WIT} has no contract; install tenon-sdk again")
    return found[1], re.findall(r"^interface %?([a-z-]+) \{", text, re.MULTILINE)


def _look(module: str, version: str, interfaces: list[str]) -> Described:
    path = Path(module)
    if not path.is_file():
        raise Problem(f"there is no file {module}; name the module of the plugin")
    ran = subprocess.run(
        [sys.executable, "-B", "-m", "tenon_sdk._describe", path.stem, version],
        cwd=path.parent,
        capture_output=True,
        text=True,
    )
    lines = ran.stdout.splitlines()
    if ran.returncode != 0 or not lines:
        reason = ran.stderr.strip() or "it ends the program while it is loaded"
        raise Problem(f"{module} cannot be loaded: {reason}")
    said = json.loads(lines[-1])
    if "problem" in said:
        raise Problem(said["problem"])
    names = {name.replace("_", "-") for name in said["loaded"]}
    imports = [name for name in interfaces if name in names]
    described = Described(said["manifest"], said["kinds"], said["extras"], imports)
    _judge(described, version, interfaces)
    return described


def _judge(described: Described, version: str, interfaces: list[str]) -> None:
    """Checks what the plugin says of itself against what it uses."""
    manifest = described.manifest
    name = manifest["name"]
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
        raise Problem(f"{name!r} is no name of a plugin: use lower case, digits and -, "
                      "such as action-slug")
    if not re.fullmatch(r"\d+\.\d+\.\d+([-+].+)?", manifest["version"]):
        raise Problem(f"{manifest['version']!r} is no version of a plugin: write one such as 0.1.0")
    if not described.kinds:
        raise Problem(f"{name} is nothing yet: give it an action, a resource, a launcher, "
                      "a language or another kind")
    for kind in described.kinds + described.extras:
        if kind not in interfaces:
            raise Problem(f"the contract {version} has no {kind}")
    _judge_requests(described)


def _judge_requests(described: Described) -> None:
    """Checks that the plugin asks for what it uses, and for what of it, and says why."""
    manifest, name = described.manifest, described.manifest["name"]
    asked = [request["capability"] for request in manifest["requests"]]
    done = [capability for kind in described.kinds for capability in DONE.get(kind, [])]
    for used in described.imports:
        if used not in asked + FREE:
            like = f"{used!r}, reason=…{_parts(used)}"
            raise Problem(f"{name} uses {used}, but does not ask for it: add Request({like}) "
                          "to its requests")
    for request in manifest["requests"]:
        capability = request["capability"]
        if capability not in described.imports + done:
            raise Problem(f"{name} asks for {capability}, but does not use it: remove it from its "
                          f"requests, or import tenon_sdk.{capability.replace('-', '_')}")
        if not request["reason"]:
            raise Problem(f"{name} asks for {capability} without a reason: the operator who "
                          "decides needs one")
        if capability in PARTS and not request["parameters"]:
            raise Problem(f"{name} asks for {capability} without saying of what: name what it "
                          f"needs, such as Request({capability!r}, …{_parts(capability)})")


def _parts(capability: str) -> str:
    return f", parameters=[{PARTS[capability]!r}]" if capability in PARTS else ""


def _componentize(place: Path, module: Path, described: Described, version: str) -> bytes:
    wit = place / "wit"
    shutil.copytree(WIT, wit / "deps/tenon-plugin", ignore=shutil.ignore_patterns("schema"))
    exported = described.kinds + described.extras
    # Some names are words of the language, such as `resource`.
    lines = [f"  import tenon:plugin/%{name}@{version};" for name in described.imports]
    lines += [f"  export tenon:plugin/%{name}@{version};" for name in exported]
    world = "\n".join(lines)
    (wit / "world.wit").write_text(f"package tenon:built;\n\nworld built {{\n{world}\n}}\n")
    entry = ENTRY.format(module=module.stem)
    entry += "".join(f"{_class(name)} = _made[{name!r}]\n" for name in exported)
    (place / "tenon_entry.py").write_text(entry)
    out = place / "built.wasm"
    paths = [place, module.parent.resolve(), *_site()]
    arguments = ["--wit-path", wit, "--world", "built", "componentize", "tenon_entry", "-o", out]
    for path in paths:
        arguments += ["-p", path]
    tool = shutil.which("componentize-py", path=str(Path(sys.executable).parent))
    ran = subprocess.run(
        [tool or "componentize-py", "--quiet", *arguments], capture_output=True, text=True
    )
    if ran.returncode != 0 or not out.is_file():
        said = of_component(ran.stderr or ran.stdout, [str(path) for path in paths])
        raise Problem(f"the component could not be built:\n{said}")
    return without_setup(out.read_bytes())


def _class(interface: str) -> str:
    return "".join(part.title() for part in interface.split("-"))


def _site() -> list[Path]:
    """Returns where this interpreter has packages: the SDK itself, and those of the author."""
    places = {Path(place) for place in site.getsitepackages()} | {Path(__file__).parents[1]}
    return sorted(place for place in places if place.is_dir())


def _print(described: Described) -> None:
    manifest = described.manifest
    print(f"plugin   {manifest['name']} {manifest['version']}")
    print(f"is       {', '.join(described.kinds)}")
    asks = [" ".join([r["capability"], *r["parameters"]]) for r in manifest["requests"]]
    print(f"asks for {', '.join(asks) or 'nothing'}")

"""A double of ``tenon:plugin/process``."""

from __future__ import annotations

from typing import Any

from ._doubles import host


class Command:
    def __init__(self, program: str) -> None:
        self._wish: dict[str, Any] = {"program": program, "args": [], "env": {}, "options": {}}

    def arg(self, value: str) -> None:
        self._wish["args"].append(value)

    def env(self, name: str, value: str) -> None:
        self._wish["env"][name] = value

    def stdin(self, data: bytes) -> None:
        self._wish["stdin"] = data

    def mount(self, name: str, path: str) -> None:
        self._wish.setdefault("mounts", {})[name] = path

    def directory(self, path: str) -> None:
        self._wish["directory"] = path

    def option(self, key: str, value: str) -> None:
        self._wish["options"][key] = value

    def start(self, handle: str) -> None:
        host.effects.append({"start": handle, **self._wish})


def signal(handle: str, name: str) -> None:
    host.effects.append({"signal": name, "handle": handle})

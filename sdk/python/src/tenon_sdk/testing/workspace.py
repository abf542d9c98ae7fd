"""A double of ``tenon:plugin/workspace``."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from enum import Enum

from ._doubles import Refusal, host


class Kind(Enum):
    FILE = 0
    DIRECTORY = 1
    LINK = 2
    OTHER = 3


@dataclass
class Entry:
    name: str
    kind: Kind
    size: int


class Volume:
    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def read(self, path: str, offset: int, max: int) -> bytes:
        if path not in self._files:
            raise Refusal("not-found", f"there is no file {path!r}")
        return self._files[path][offset : offset + max]

    def write(self, path: str, data: bytes) -> None:
        self._files[path] = data

    def append(self, path: str, data: bytes) -> None:
        self._files[path] = self._files.get(path, b"") + data

    def list(self, path: str) -> builtins.list[Entry]:
        prefix = f"{path}/" if path else ""
        found: dict[str, Entry] = {}
        for file, data in self._files.items():
            if file.startswith(prefix):
                name, *rest = file[len(prefix) :].split("/")
                kind = Kind.DIRECTORY if rest else Kind.FILE
                found[name] = Entry(name, kind, 0 if rest else len(data))
        return [found[name] for name in sorted(found)]

    def remove(self, path: str) -> None:
        for file in [f for f in self._files if f == path or f.startswith(f"{path}/")]:
            del self._files[file]

    def set_executable(self, path: str) -> None:
        pass


def open(name: str) -> Volume:
    return Volume(host.volumes.setdefault(name, {}))

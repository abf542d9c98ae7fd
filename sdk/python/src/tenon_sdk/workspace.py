"""Directories of the run, by handle; no path of the host is ever seen.

Paths are relative, separated by ``/``, without ``..``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._error import TenonError, host
from ._host import interface

_host: Any = interface("workspace")
_READ_BYTES_MAX = 1024 * 1024
_WRITE_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """One entry of a directory."""

    name: str
    kind: str
    """``file``, ``directory``, ``link`` or ``other``."""
    size: int
    """In bytes, 0 for what is no file."""


class Volume:
    """A named directory that lives as long as its run; created where it is missing."""

    def __init__(self, name: str) -> None:
        self._wit = host(_host.open, name)

    def read(self, path: str, max: int = 16 * 1024 * 1024) -> bytes:
        """Reads a file of at most `max` bytes; a longer one is an error."""
        content = b""
        while True:
            part = host(self._wit.read, path, len(content), _READ_BYTES_MAX)
            content += part
            if len(content) > max:
                message = f"the file {path!r} is longer than the {max} bytes that are read of it"
                raise TenonError("limit", message)
            if len(part) < _READ_BYTES_MAX:
                return content

    def read_text(self, path: str, max: int = 16 * 1024 * 1024) -> str:
        """Reads a text of at most `max` bytes."""
        try:
            return self.read(path, max).decode()
        except UnicodeDecodeError:
            raise TenonError("invalid", f"the file {path!r} is no text in UTF-8") from None

    def write(self, path: str, content: str | bytes) -> None:
        """Replaces a file, and creates the directories on the way."""
        data = content.encode() if isinstance(content, str) else content
        host(self._wit.write, path, data[:_WRITE_BYTES_MAX])
        if len(data) > _WRITE_BYTES_MAX:
            self.append(path, data[_WRITE_BYTES_MAX:])

    def append(self, path: str, content: str | bytes) -> None:
        """Appends to a file, and creates it where it is missing."""
        data = content.encode() if isinstance(content, str) else content
        for at in range(0, len(data), _WRITE_BYTES_MAX):
            host(self._wit.append, path, data[at : at + _WRITE_BYTES_MAX])

    def list(self, path: str = "") -> list[Entry]:
        """Lists a directory by name, at most 10,000 entries. The empty path is the volume."""
        entries = host(self._wit.list, path)
        return [Entry(entry.name, entry.kind.name.lower(), entry.size) for entry in entries]

    def remove(self, path: str) -> None:
        """Removes a file, or a directory with all that is in it. What is not there is no error."""
        host(self._wit.remove, path)

    def set_executable(self, path: str) -> None:
        """Marks a file as executable."""
        host(self._wit.set_executable, path)

"""Bytes by key in a bucket of the binding. Granted by bucket name.

Keys: 1 to 512 bytes, parts separated by ``/``, none of them empty, ``.`` or ``..``.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ._error import host
from ._host import interface

_host: Any = interface("blob")
_READ_BYTES_MAX = 1024 * 1024
_WRITE_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True)
class Info:
    """What is known of a stored blob."""

    key: str
    """Within its bucket."""
    size: int
    """In bytes."""
    stored_at_ms: int
    """When it was stored, in ms since the Unix epoch."""


class Upload:
    """A blob that is being stored: there once its `with` block ends, or after `finish`.

    One that is not finished, as the block was left by an exception, was never there.
    """

    def __init__(self, wit: Any) -> None:
        self._wit = wit
        self._info: Info | None = None

    def write(self, content: str | bytes) -> None:
        """Appends bytes, in as many pieces as it takes."""
        data = content.encode() if isinstance(content, str) else content
        for at in range(0, len(data), _WRITE_BYTES_MAX):
            host(self._wit.write, data[at : at + _WRITE_BYTES_MAX])

    def finish(self) -> Info:
        """Ends the upload."""
        self._info = _info(host(self._wit.finish))
        return self._info

    def __enter__(self) -> Upload:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None and self._info is None:
                self.finish()
        finally:
            # Another upload has its room before the call ends.
            self._wit.__exit__(kind, value, trace)


class Bucket:
    """A granted bucket."""

    def __init__(self, name: str) -> None:
        self._wit = host(_host.open, name)

    def read(self, key: str, offset: int = 0, max: int = _READ_BYTES_MAX) -> bytes:
        """Reads at most `max` bytes (1 MiB at most) from `offset`. Fewer mean the end."""
        return bytes(host(self._wit.read, key, offset, max))

    def get(self, key: str) -> bytes:
        """Reads a whole blob. What is not there is a `not-found`."""
        parts = [self.read(key)]
        size = len(parts[0])
        while len(parts[-1]) == _READ_BYTES_MAX:
            parts.append(self.read(key, size))
            size += len(parts[-1])
        return b"".join(parts)

    def info(self, key: str) -> Info | None:
        """Returns what is known of a blob, if it is there."""
        found = host(self._wit.info, key)
        return None if found is None else _info(found)

    def list(self, prefix: str = "", after: str | None = None) -> builtins.list[Info]:
        """Lists blobs with a prefix in order of their keys, after `after`, at most 1,000."""
        return [_info(found) for found in host(self._wit.list, prefix, after)]

    def remove(self, key: str) -> None:
        """Removes a blob. What is not there is no error."""
        host(self._wit.remove, key)

    def put(self, key: str, content: str | bytes) -> Info:
        """Stores a whole blob, in place of an older one."""
        with self.upload(key) as upload:
            upload.write(content)
            return upload.finish()

    def upload(self, key: str) -> Upload:
        """Begins to store a blob; four at a time."""
        return Upload(host(self._wit.upload, key))


def _info(found: Any) -> Info:
    return Info(found.key, found.size, found.stored_at_ms)

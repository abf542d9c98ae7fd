"""A double of ``tenon:plugin/blob``: buckets in memory."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Any

from ._doubles import Refusal, host


@dataclass
class Info:
    key: str
    size: int
    stored_at_ms: int = 0


class Upload:
    def __init__(self, blobs: dict[str, bytes], key: str) -> None:
        self._blobs = blobs
        self._key = key
        self._content: bytes | None = b""

    def write(self, data: bytes) -> None:
        self._content = self._open() + data

    def finish(self) -> Info:
        self._blobs[self._key] = self._open()
        self._content = None
        return Info(self._key, len(self._blobs[self._key]))

    def _open(self) -> bytes:
        if self._content is None:
            raise Refusal("invalid", "the upload has ended")
        return self._content

    def __exit__(self, *_: Any) -> None:
        pass


class Bucket:
    def __init__(self, blobs: dict[str, bytes]) -> None:
        self._blobs = blobs

    def read(self, key: str, offset: int, max: int) -> bytes:
        if key not in self._blobs:
            raise Refusal("not-found", f"there is no blob {key!r}")
        return self._blobs[key][offset : offset + max]

    def info(self, key: str) -> Info | None:
        return Info(key, len(self._blobs[key])) if key in self._blobs else None

    def list(self, prefix: str, after: str | None) -> builtins.list[Info]:
        keys = sorted(key for key in self._blobs if key.startswith(prefix))
        found = [key for key in keys if after is None or key > after]
        return [Info(key, len(self._blobs[key])) for key in found[:1_000]]

    def remove(self, key: str) -> None:
        self._blobs.pop(key, None)

    def upload(self, key: str) -> Upload:
        return Upload(self._blobs, key)


def open(name: str) -> Bucket:
    return Bucket(host.blobs.setdefault(name, {}))

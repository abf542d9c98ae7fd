"""The binding's own durable map. Keys: 1 to 512 bytes. Values: at most 64 KiB."""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass
from typing import Any

from ._error import host
from ._host import interface
from ._schema import encode

_host: Any = interface("kv")


@dataclass(frozen=True)
class Item:
    """A value and its version, which counts up from 1 with each change."""

    value: Any
    version: int


def get(key: str) -> Item | None:
    """Returns a value that was set as JSON, if it is there."""
    item = host(_host.get, key)
    return None if item is None else Item(json.loads(item.value), item.version)


def get_bytes(key: str) -> Item | None:
    """Returns a value as it was set, if it is there."""
    item = host(_host.get, key)
    return None if item is None else Item(item.value, item.version)


def set(key: str, value: Any, seen: int | None = None) -> int:
    """Sets a value as JSON, and returns its new version.

    With `seen`, only if that is still its version (0: not there), else the error is a `conflict`.
    """
    return set_bytes(key, json.dumps(encode(value)).encode(), seen)


def set_bytes(key: str, value: bytes, seen: int | None = None) -> int:
    """Sets a value as it is; see `set`."""
    return int(host(_host.set, key, value, seen))


def remove(key: str) -> None:
    """Forgets a value. What is not there is no error."""
    host(_host.remove, key)


def list(prefix: str = "", after: str | None = None) -> builtins.list[str]:
    """Lists keys with a prefix in order, after `after`, at most 1,000."""
    return builtins.list(host(_host.list, prefix, after))

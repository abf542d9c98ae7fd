"""Seals and opens with a key of this binding, which no plugin sees. At most 1 MiB, each way."""

from __future__ import annotations

from typing import Any

from ._error import host
from ._host import interface

_host: Any = interface("keyring")


def seal(associated: bytes, plain: bytes) -> bytes:
    """Encrypts `plain` and binds it to `associated`, which is not kept."""
    return bytes(host(_host.seal, associated, plain))


def open(associated: bytes, sealed: bytes) -> bytes:
    """Decrypts what `seal` gave."""
    return bytes(host(_host.open, associated, sealed))

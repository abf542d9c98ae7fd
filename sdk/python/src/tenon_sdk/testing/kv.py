"""A double of ``tenon:plugin/kv``."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from ._doubles import Refusal, host


@dataclass
class Item:
    value: bytes
    version: int


def get(key: str) -> Item | None:
    return Item(*host.kv[key]) if key in host.kv else None


def set(key: str, value: bytes, seen: int | None) -> int:
    before = host.kv.get(key, (b"", 0))[1]
    if seen is not None and seen != before:
        raise Refusal("conflict", f"the value of {key!r} has version {before}, not {seen}")
    host.kv[key] = (value, before + 1)
    return before + 1


def remove(key: str) -> None:
    host.kv.pop(key, None)


def list(prefix: str, after: str | None) -> builtins.list[str]:
    keys = sorted(key for key in host.kv if key.startswith(prefix))
    return [key for key in keys if after is None or key > after][:1_000]

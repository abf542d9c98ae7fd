"""A double of ``tenon:plugin/tcp``: what is read was put there by the test."""

from __future__ import annotations

from typing import Any

from ._doubles import Dialled, Refusal, host


class Connection:
    def __init__(self, dialled: Dialled, rest: bytes) -> None:
        self._dialled = dialled
        self._rest = rest

    def read(self, max: int) -> bytes:
        part, self._rest = self._rest[:max], self._rest[max:]
        return part

    def write(self, data: bytes) -> None:
        self._dialled.written += data

    def __exit__(self, *_: Any) -> None:
        pass


def connect(name: str, port: int, tls: bool) -> Connection:
    if not host.streams:
        message = f"the test has no stream for {name}:{port}: put one into host.streams"
        raise Refusal("unavailable", message)
    dialled = Dialled(name, port, tls)
    host.dialled.append(dialled)
    return Connection(dialled, host.streams.pop(0))

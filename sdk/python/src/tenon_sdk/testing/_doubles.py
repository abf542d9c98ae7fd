"""The host that the doubles share with the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Said:
    """An error of the contract."""

    code: str
    message: str
    retry_after_ms: int | None = None
    detail: list[tuple[str, str]] = field(default_factory=list)


class Refusal(Exception):
    """What a function of the host raises."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.value = Said(code, message)


@dataclass(frozen=True)
class Answer:
    """What a double answers to a request."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Dialled:
    """A connection that was made."""

    host: str
    port: int
    tls: bool
    written: bytes = b""


def _no_answer(method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> None:
    return None


def _no_api(method: str, path: str, body: str) -> None:
    return None


@dataclass
class Host:
    """What stands in for the kernel."""

    config: dict[str, Any] = field(default_factory=dict)
    """What `config` reads."""
    run_id: str | None = None
    step_path: str | None = None
    attempt: int = 0
    binding: str = "test"
    event_time_ms: int = 0
    effects: list[dict[str, Any]] = field(default_factory=list)
    """What was asked for: programs to start and signals, in order."""
    logs: list[str] = field(default_factory=list)
    """The plugin's own log, as ``level: message``."""
    stdout: str = ""
    stderr: str = ""
    http: Callable[[str, str, list[tuple[str, str]], bytes], Answer | None] = _no_answer
    """Answers a request; what is not answered is `denied`."""
    kernel: Callable[[str, str, str], Answer | None] = _no_api
    """Answers a call of the server's API; what is not answered is `denied`."""
    secrets: dict[str, str] = field(default_factory=dict)
    """Values by name."""
    kv: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    blobs: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Blobs by bucket and key."""
    dialled: list[Dialled] = field(default_factory=list)
    """The connections that were made, in order."""
    streams: list[bytes] = field(default_factory=list)
    """What is read from them, in order: all of it up to the end of each."""
    volumes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Files by volume and path."""


host = Host()
"""The host of this process."""


def reset() -> None:
    """Forgets everything."""
    fresh = Host()
    for each in fields(Host):
        setattr(host, each.name, getattr(fresh, each.name))

"""What happened since a step machine was last called."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ProcessEnded:
    """A process ended, by itself or by a signal."""

    handle: str
    """As it was named at its start."""
    code: int | None = None
    signal: str | None = None
    """Such as ``KILL``."""
    elapsed_ms: int = 0
    stdout: str | None = None
    """The first bytes, if they were asked for."""
    stderr: str | None = None
    truncated: bool = False


@dataclass(frozen=True)
class ProcessRefused:
    """A process could not be started, or was not allowed to."""

    handle: str
    code: str
    message: str


@dataclass(frozen=True)
class Wake:
    """The time that the last step asked for has passed."""


@dataclass(frozen=True)
class Restarted:
    """The kernel was started anew, and the processes of the attempt are gone."""


Event = ProcessEnded | ProcessRefused | Wake | Restarted


def read(event: Any) -> Event | None:
    """Reads an event of the contract; none for a kind that is not known here."""
    handle = event.handle or ""
    if event.kind == "process-ended":
        said = json.loads(event.data)
        return ProcessEnded(
            handle,
            said.get("code"),
            said.get("signal"),
            said.get("elapsedMs", 0),
            said.get("stdout"),
            said.get("stderr"),
            said.get("truncated", False),
        )
    if event.kind == "process-refused":
        said = json.loads(event.data)
        return ProcessRefused(handle, said["code"], said["message"])
    return {"wake": Wake(), "restarted": Restarted()}.get(event.kind)

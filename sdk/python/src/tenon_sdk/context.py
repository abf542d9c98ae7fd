"""Facts about the call in progress."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ._host import interface

_host: Any = interface("context")


def run_id() -> str | None:
    """Returns the run that this call belongs to (``run_…``), or none outside of a run."""
    return _host.run_id()  # type: ignore[no-any-return]


def step_path() -> str | None:
    """Returns the path of the step in its run, or none outside of a step."""
    return _host.step_path()  # type: ignore[no-any-return]


def attempt() -> int:
    """Returns which try of the step this is, from 1; 0 outside of a step."""
    return int(_host.attempt())


def binding() -> str:
    """Returns the name under which the operator bound this plugin."""
    return str(_host.binding())


def event_time() -> datetime:
    """Returns the time of the journaled event that this call answers; the same in a replay."""
    return datetime.fromtimestamp(_host.event_time_ms() / 1000, timezone.utc)


def deadline() -> datetime:
    """Returns when the host will stop this call."""
    return datetime.fromtimestamp(_host.deadline_ms() / 1000, timezone.utc)

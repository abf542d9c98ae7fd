"""A double of ``tenon:plugin/context``."""

from __future__ import annotations

from ._doubles import host


def run_id() -> str | None:
    return host.run_id


def step_path() -> str | None:
    return host.step_path


def attempt() -> int:
    return host.attempt


def binding() -> str:
    return host.binding


def event_time_ms() -> int:
    return host.event_time_ms


def deadline_ms() -> int:
    return host.event_time_ms + 5_000

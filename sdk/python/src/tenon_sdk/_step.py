"""The answer of a step machine to each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Done:
    """The attempt has ended."""

    status: str
    message: str | None = None
    retryable: bool = True
    output: Any = None


@dataclass(frozen=True)
class Wait:
    """The attempt goes on when something happens; the next call gets the state back."""

    state: Any
    wake_after_ms: int | None = None


Step = Done | Wait
"""The end of the attempt, or what it waits with."""


def succeeded(output: Any = None) -> Step:
    """Ends the attempt with a success that gives `output`."""
    return Done("succeeded", output=output)


def failed(message: str, output: Any = None) -> Step:
    """Ends the attempt: the work said no. `message` is one sentence for people."""
    return Done("failed", message, output=output)


def errored(message: str) -> Step:
    """Ends the attempt: the machinery broke, and trying again may help."""
    return Done("errored", message)


def refused(message: str) -> Step:
    """Ends the attempt: the machinery broke, and trying again cannot help."""
    return Done("errored", message, retryable=False)


def wait(state: Any, wake_after_ms: int | None = None) -> Step:
    """Goes on when something happens.

    `state` is a dataclass or JSON, at most 256 KiB. With `wake_after_ms` a `Wake` comes after that
    time if nothing happens before.
    """
    return Wait(state, wake_after_ms)

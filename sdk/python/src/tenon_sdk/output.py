"""The log of the step in progress, which people read. At most 1 MiB a call."""

from __future__ import annotations

from typing import Any

from ._host import interface

_host: Any = interface("output")


def stdout(text: str | bytes) -> None:
    """Appends to the step's standard output."""
    _host.stdout(text.encode() if isinstance(text, str) else text)


def stderr(text: str | bytes) -> None:
    """Appends to the step's standard error."""
    _host.stderr(text.encode() if isinstance(text, str) else text)

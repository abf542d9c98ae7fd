"""The plugin's own log, for its operator and author. At most 1,000 lines of 8 KiB a call."""

from __future__ import annotations

from typing import Any

from ._host import interface

_host: Any = interface("log")


def debug(message: str) -> None:
    """Writes a line that helps to find a fault."""
    _host.write(_host.Level.DEBUG, message)


def info(message: str) -> None:
    """Writes a line that helps to follow the work."""
    _host.write(_host.Level.INFO, message)


def warn(message: str) -> None:
    """Writes a line that is looked at first."""
    _host.write(_host.Level.WARN, message)


def error(message: str) -> None:
    """Writes a line that wakes someone."""
    _host.write(_host.Level.ERROR, message)

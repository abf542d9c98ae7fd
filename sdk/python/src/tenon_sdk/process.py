"""Programs of the host. Granted by program name or path.

A start or a signal is a wish: the kernel performs it after the call has returned. The end of a
process arrives as a `ProcessEnded`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._error import host
from ._host import interface

_host: Any = interface("process")


def start(
    handle: str,
    program: str,
    args: Sequence[str] = (),
    *,
    env: Mapping[str, str] | None = None,
    stdin: str | bytes | None = None,
    mounts: Mapping[str, str] | None = None,
    directory: str | None = None,
    options: Mapping[str, str | int] | None = None,
) -> None:
    """Asks for the start, and names the process within this attempt. The name is free.

    The environment is empty but for what is given here; values may be ``secret:NAME`` or contain
    ``((secret:NAME))``. `mounts` are volumes of the run and where they are seen. `options` are
    those of the contract at ``process.command.option``, such as ``capture-stdout``.
    """
    command = _host.Command(program)
    for value in args:
        command.arg(value)
    for name, value in (env or {}).items():
        command.env(name, value)
    if stdin is not None:
        command.stdin(stdin.encode() if isinstance(stdin, str) else stdin)
    for volume, path in (mounts or {}).items():
        host(command.mount, volume, path)
    if directory is not None:
        host(command.directory, directory)
    for key, option in (options or {}).items():
        host(command.option, key, str(option))
    host(command.start, handle)


def signal(handle: str, name: str) -> None:
    """Asks for a signal to the whole tree of a process, such as ``TERM``."""
    host(_host.signal, handle, name)

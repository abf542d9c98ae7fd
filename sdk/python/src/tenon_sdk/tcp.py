"""Connections to the outside for protocols other than HTTP. Granted as ``host:port``.

The resolved address is checked too. At most 4 a call, and 16 MiB each way; each ends with the call.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from ._error import TenonError, host
from ._host import interface

_host: Any = interface("tcp")
_READ_BYTES_MAX = 64 * 1024
_WRITE_BYTES_MAX = 1024 * 1024


class Connection:
    """An open connection; it ends with its `with` block, or with the call.

    With `tls`, the other end must show a certificate for its name that the server of this plugin
    trusts.
    """

    def __init__(self, name: str, port: int, *, tls: bool = False) -> None:
        self._wit = host(_host.connect, name, port, tls)

    def read(self, max: int = _READ_BYTES_MAX) -> bytes:
        """Waits for bytes, at most `max` of them (64 KiB at most). An empty value is the end."""
        return bytes(host(self._wit.read, max))

    def read_exact(self, length: int) -> bytes:
        """Waits for exactly so many bytes; the end before that is an error."""
        content = b""
        while len(content) < length:
            part = self.read(min(length - len(content), _READ_BYTES_MAX))
            if not part:
                message = f"the connection ended after {len(content)} of {length} bytes"
                raise TenonError("unavailable", message)
            content += part
        return content

    def write(self, content: str | bytes) -> None:
        """Writes all of it, in as many pieces as it takes."""
        data = content.encode() if isinstance(content, str) else content
        for at in range(0, len(data), _WRITE_BYTES_MAX):
            host(self._wit.write, data[at : at + _WRITE_BYTES_MAX])

    def close(self) -> None:
        """Ends the connection before the call does."""
        self.__exit__(None, None, None)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wit.__exit__(kind, value, trace)

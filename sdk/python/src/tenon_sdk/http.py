"""HTTP to the outside. Granted by method and host; the resolved address is checked too.

At most 8 requests a call, 64 KiB of headers, 8 MiB of body in either direction.
"""

from __future__ import annotations

import json as _json
from collections.abc import Mapping
from typing import Any

from ._error import TenonError, host
from ._host import interface
from ._schema import encode

_host: Any = interface("http")
_READ_BYTES_MAX = 1024 * 1024


class Response:
    """The head of an answer, and the way to its body."""

    def __init__(self, wit: Any, url: str) -> None:
        self._wit = wit
        self.url = url
        self.status: int = wit.status()
        self.headers: list[tuple[str, str]] = list(wit.headers())

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """Returns the first header of that name, whatever its case."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, None)

    def read(self) -> bytes:
        """Reads the next part of the body. An empty one is the end."""
        return bytes(host(self._wit.read, _READ_BYTES_MAX))

    def bytes(self) -> bytes:
        """Reads the rest of the body."""
        return b"".join(iter(self.read, b""))

    def text(self) -> str:
        """Reads the rest of the body as text; invalid UTF-8 is replaced."""
        return self.bytes().decode(errors="replace")

    def json(self) -> Any:
        """Reads the rest of the body as JSON."""
        try:
            return _json.loads(self.bytes())
        except ValueError as err:
            message = f"{self.url} did not answer with JSON: {err}"
            raise TenonError("unavailable", message) from None


def send(
    url: str,
    *,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    json: Any = None,
    timeout_ms: int | None = None,
) -> Response:
    """Sends a request and waits for the head of the answer. Redirects are not followed.

    The method is GET unless said, or POST with a body. Values of headers may hold secret
    references, such as ``Bearer ((secret:TOKEN))``.
    """
    has_body = body is not None or json is not None
    request = _host.Request(method or ("POST" if has_body else "GET"), url)
    if json is not None:
        request.header("content-type", "application/json")
        body = _json.dumps(encode(json))
    for name, value in (headers or {}).items():
        request.header(name, value)
    if body is not None:
        request.body(body.encode() if isinstance(body, str) else body)
    if timeout_ms is not None:
        request.timeout_ms(timeout_ms)
    return Response(host(_host.send, request), url)


def get(url: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Sends a GET request; see `send`."""
    return send(url, headers=headers)

"""The server's own HTTP API, for who asked for the run.

Granted by method and path, such as ``GET /api/v1/runs/*``; what they may do is checked too. At most
32 calls a call.
"""

from __future__ import annotations

import json
from typing import Any

from ._error import host
from ._host import interface
from ._schema import encode

_host: Any = interface("kernel")


def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Calls the API, and returns status and body; `path` begins with ``/api/v1/``."""
    text = "" if body is None else json.dumps(encode(body))
    answer = host(_host.call, method, path, text)
    return answer.status, json.loads(answer.body) if answer.body else None

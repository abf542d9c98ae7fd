"""The values of secrets, for what must compute with them, such as a signature.

Granted by secret name, apart from `secret_store`: prefer references, which keep the value out of
the plugin.
"""

from __future__ import annotations

from typing import Any

from ._error import host
from ._host import interface
from .secret_store import Secret

_host: Any = interface("secret_reveal")


def reveal(secret: Secret) -> str:
    """Returns the value, at most 64 KiB. Errors: `denied`, `not-found`, `unavailable`."""
    return str(host(_host.reveal, secret._wit))

"""Secrets as handles: a name that may be used, without its value. Granted by secret name."""

from __future__ import annotations

from typing import Any

from ._error import host
from ._host import interface

_host: Any = interface("secret_store")


class Secret:
    """A secret that exists and may be used."""

    def __init__(self, wit: Any) -> None:
        self._wit = wit
        self.name: str = wit.name()
        self.reference: str = wit.reference()
        """The text to put where its value belongs; the host puts the value in place."""


def get(name: str) -> Secret:
    """Returns a handle. At most 64 a call. Errors: `denied`, `not-found`, `unavailable`."""
    return Secret(host(_host.get, name))

"""What the operator configured for this binding."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from ._host import interface
from ._schema import decode

T = TypeVar("T")

_host: Any = interface("config")


def config(kind: type[T]) -> T:
    """Reads the configuration, which the kernel has checked against the plugin's schema."""
    return decode(kind, json.loads(_host.get()), "the configuration")  # type: ignore[no-any-return]

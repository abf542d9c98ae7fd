"""The interfaces of the contract: those of the component, or doubles outside of one."""

from __future__ import annotations

import importlib
import sys
from typing import Any

IS_COMPONENT = sys.platform == "wasi"


def interface(name: str) -> Any:
    """Returns the module of an imported interface."""
    if IS_COMPONENT:
        return importlib.import_module(f"wit_world.imports.{name}")
    return importlib.import_module(f"tenon_sdk.testing.{name}")

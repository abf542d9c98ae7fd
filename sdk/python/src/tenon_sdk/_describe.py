"""Loads an author's module outside of a component, and prints what it is, as JSON."""

from __future__ import annotations

import importlib
import json
import sys
import traceback

from ._definition import DefinitionError
from ._frames import place, trace
from ._plugin import Plugin


def main() -> None:
    """Prints the manifest, the kinds and the modules of capabilities that were loaded."""
    module, contract = sys.argv[1:3]
    sys.path.insert(0, ".")
    try:
        loaded_module = importlib.import_module(module)
        plugin = getattr(loaded_module, "plugin", None)
    except DefinitionError as err:
        where = place(err)
        _problem(f"{where}: {err}" if where else str(err))
        return
    except Exception as err:
        last = traceback.format_exception_only(err)[-1].strip()
        shown = trace(err)
        reason = f"{module}.py cannot be loaded: {last}"
        _problem(reason if shown == last else f"{reason}\n\n{shown}")
        return
    if not isinstance(plugin, Plugin):
        _problem(f"{module}.py has no plugin: write `plugin = Plugin(…)`")
        return
    loaded = [name.rpartition(".")[2] for name in sys.modules if name.startswith("tenon_sdk.")]
    print(json.dumps({
        "manifest": plugin.manifest(contract),
        "kinds": plugin.kinds(),
        "extras": plugin.extras(),
        "loaded": loaded,
    }))


def _problem(text: str) -> None:
    print(json.dumps({"problem": text}))


if __name__ == "__main__":
    main()

"""Loads an author's module outside of a component, and prints what it is, as JSON."""

from __future__ import annotations

import importlib
import json
import sys

from ._plugin import Plugin


def main() -> None:
    """Prints the manifest, the kinds and the modules of capabilities that were loaded."""
    module, contract = sys.argv[1:3]
    sys.path.insert(0, ".")
    plugin = getattr(importlib.import_module(module), "plugin", None)
    if not isinstance(plugin, Plugin):
        print(json.dumps({"problem": f"{module}.py has no plugin: write `plugin = Plugin(…)`"}))
        return
    loaded = [name.rpartition(".")[2] for name in sys.modules if name.startswith("tenon_sdk.")]
    print(json.dumps({
        "manifest": plugin.manifest(contract),
        "kinds": plugin.kinds(),
        "extras": plugin.extras(),
        "loaded": loaded,
    }))


if __name__ == "__main__":
    main()
